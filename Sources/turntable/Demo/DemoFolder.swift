import EventRouter
import FileSystem

/// The data folder of a demonstration: always fresh, never somebody's own.
enum DemoFolder {
    /// The file that marks a folder as one that the demonstration made and may remove.
    static let marker = ".made-by-turntable-demo"

    /// Removes what an earlier demonstration left and makes the folder anew.
    ///
    /// - Throws: ``CommandError`` when something else is there.
    static func renew(_ data: DataFolder) throws {
        if try FileSystem.status(data.root) != nil {
            let isEmpty = try FileSystem.list(data.root).isEmpty
            guard try isEmpty || FileSystem.status("\(data.root)/\(marker)") != nil else {
                throw CommandError(
                    "\(data.root) holds something that no demonstration made, and a demonstration starts afresh: name another "
                        + "folder with --data")
            }
            try FileSystem.removeTree(data.root)
        }
        try FileSystem.createDirectories(data.root)
        try FileSystem.writeFileAtomically("\(data.root)/\(marker)", [])
    }
}

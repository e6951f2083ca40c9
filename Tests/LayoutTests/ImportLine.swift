import FileSystem

/// One `import` of one source file.
struct ImportLine: CustomStringConvertible {
    let file: String
    let line: Int
    let module: String

    var description: String { "\(file):\(line) imports \(module)" }

    /// All imports of the Swift files below `folder`, which is relative to `root`.
    static func all(in folder: String, root: String) throws -> [ImportLine] {
        try files(in: "\(root)/\(folder)").flatMap { path in
            let text = String(decoding: try FileSystem.readFile(path), as: UTF8.self)
            return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
                index, line in
                imported(by: line).map { module in
                    ImportLine(file: String(path.dropFirst(root.count + 1)), line: index + 1, module: module)
                }
            }
        }
    }

    private static func files(in folder: String) throws -> [String] {
        try FileSystem.list(folder).flatMap { name in
            let path = "\(folder)/\(name)"
            if try FileSystem.status(path)?.kind == .directory { return try files(in: path) }
            return name.hasSuffix(".swift") ? [path] : []
        }
    }

    /// The module that a line imports: `@testable public import struct Module.Type` gives `Module`.
    static func imported(by line: Substring) -> String? {
        var words = line.split(separator: " ")
        while let first = words.first,
            first.hasPrefix("@") || ["public", "package", "internal", "private", "fileprivate"].contains(first)
        {
            words.removeFirst()
        }
        guard words.first == "import" else { return nil }
        words.removeFirst()
        if let kind = words.first,
            ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"].contains(kind)
        {
            words.removeFirst()
        }
        return words.first.map { String($0.split(separator: ".")[0]) }
    }
}

/// A file in a zip.
package struct ZipEntry: Sendable, Hashable {
    /// The path in the archive, parts separated by `/`.
    package let name: String
    /// The permission bits that an unpacking as Lambda's gives the file: `0o755` for what is to be run.
    package let mode: UInt32
    package let bytes: [UInt8]

    package init(name: String, mode: UInt32 = 0o644, bytes: [UInt8]) {
        self.name = name
        self.mode = mode
        self.bytes = bytes
    }

    /// - Throws: ``PackagingError`` with code `.badName` for a name that leads out of the folder it is unpacked to, or that
    ///   is no file's.
    func checkName() throws(PackagingError) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.utf8.isEmpty, name.utf8.count <= Int(UInt16.max), !name.utf8.contains(0), !name.utf8.contains(0x5C),
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else { throw PackagingError(.badName, name, "an entry's name is a relative path without '.', '..' and '\\'") }
    }
}

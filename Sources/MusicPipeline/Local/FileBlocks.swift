import FileSystem

/// A local file's bytes.
struct FileBlocks: BlockSource {
    private let file: File

    private let blockByteCount: Int

    init(_ path: String, blockByteCount: Int = ObjectBlocks.blockByteCount) throws {
        file = try File(path, .read)
        self.blockByteCount = blockByteCount
    }

    func next() async throws -> [UInt8] { try file.read(upTo: blockByteCount) }
}

import FileSystem

/// A local file's bytes.
struct FileBlocks: BlockSource {
    private let file: File

    init(_ path: String) throws { file = try File(path, .read) }

    func next() async throws -> [UInt8] { try file.read(upTo: ObjectBlocks.blockByteCount) }
}

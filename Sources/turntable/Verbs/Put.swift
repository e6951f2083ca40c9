import EventRouter
import FileSystem
import JSON
import Storage

/// Puts a file into a bucket in one step: what `cp` does, without a moment in which half of it is there.
struct Put: Verb {
    static let name = "put"
    static let summary = "puts a file into a bucket"
    static let positionals = ["BUCKET", "KEY", "FILE"]
    static let options = [Option.data, Option.json]
    static let details = "FILE may be - for standard input. A running router takes it as any file that arrives."

    /// Bytes read and written at a time.
    static let blockByteCount = 1 << 20

    private let data: DataFolder
    private let bucket: String
    private let key: String
    private let file: String
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        data = try DataFolder(arguments.dataFolder)
        bucket = arguments.positionals[0]
        key = arguments.positionals[1]
        file = arguments.positionals[2]
        asJSON = arguments.has("json")
    }

    func run() async throws -> Bool {
        let source = file == "-" ? File(taking: 0, path: "standard input") : try File(file, .read)
        try data.create(buckets: [bucket])
        let store = data.objectStore()
        let writer = try await store.openWriter(key, in: bucket)
        let metadata: ObjectMetadata
        do {
            while true {
                let block = try source.read(upTo: Put.blockByteCount)
                if block.isEmpty { break }
                try await writer.write(block)
            }
            metadata = try await writer.finish(condition: .none)
        } catch {
            await writer.abort()
            throw error
        }
        if asJSON {
            Console.print(
                JSONLine([
                    ("bucket", .string(bucket)), ("key", .string(key)), ("size", .int(metadata.byteCount)),
                    ("etag", .string(metadata.eTag)),
                ]).text)
        } else {
            Console.print("\(bucket)/\(key): \(metadata.byteCount) bytes, ETag \(metadata.eTag)")
        }
        return true
    }
}

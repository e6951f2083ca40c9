import AWSClient
import Digest
import Synchronization

/// Writes an object that needn't fit in memory: in one request when it is small, else as a multipart upload whose parts go
/// while the next is filled. An upload that doesn't come to its end is aborted.
final class S3ObjectWriter: ObjectWriter {
    /// S3 takes so many parts at most.
    static let maximumPartCount = 10_000
    /// Parts after which they are made twice as large, so that their number suffices for S3's largest object (5 TiB).
    static let partsOfOneSize = 1_000

    private struct State {
        var buffer: [UInt8] = []
        var byteCount = 0
        var upload: String?
        /// Parts that are on their way or done, by their numbers from 1 on.
        var parts: [Task<S3Part, any Error>] = []
        /// Parts known to be done.
        var doneCount = 0
        var isClosed = false
    }

    private let store: S3ObjectStore
    private let key: String
    private let bucket: String
    private let state = Mutex(State())

    init(_ store: S3ObjectStore, _ key: String, _ bucket: String) {
        self.store = store
        self.key = key
        self.bucket = bucket
    }

    deinit {
        guard let dropped = state.withLock({ $0.isClosed ? nil : $0 }), let upload = dropped.upload else { return }
        for part in dropped.parts { part.cancel() }
        // Nobody waits: the writer is gone. Where the process ends first, the bucket's rule for incomplete uploads cleans
        // up.
        Task { [store, key, bucket] in
            for part in dropped.parts { _ = await part.result }
            try? await store.client.abortMultipartUpload(upload, of: key, in: bucket)
        }
    }

    private func partByteCount(_ number: Int) -> Int {
        store.options.partByteCount << ((number - 1) / Self.partsOfOneSize)
    }

    func write(_ bytes: [UInt8]) async throws {
        let isLarge = try state.withLock { state in
            guard !state.isClosed else { throw ObjectStoreError.closed("write", bucket, key) }
            state.buffer += bytes
            state.byteCount += bytes.count
            return state.byteCount >= store.options.multipartByteCount
        }
        guard isLarge else { return }
        try await store.explaining("write", key, bucket) { try await sendParts(isLast: false) }
    }

    /// Sends the full parts of the buffer, and what is left when it is the last.
    private func sendParts(isLast: Bool) async throws {
        let upload: String
        if let begun = state.withLock(\.upload) {
            upload = begun
        } else {
            upload = try await store.client.createMultipartUpload(key, in: bucket)
            state.withLock { $0.upload = upload }
        }
        while true {
            let isSent = try state.withLock { state in
                let number = state.parts.count + 1
                let count = min(partByteCount(number), state.buffer.count)
                guard count > 0, isLast || count == partByteCount(number) else { return false }
                guard number <= Self.maximumPartCount else {
                    throw ObjectStoreError(
                        .tooLarge, operation: "write", bucket: bucket, key: key,
                        detail: "S3 takes \(Self.maximumPartCount) parts at most")
                }
                let part = Array(state.buffer.prefix(count))
                state.buffer.removeFirst(count)
                // Awaited below or by `finish`, cancelled by `abort`.
                state.parts.append(
                    Task { [client = store.client, key, bucket] in
                        try await client.uploadPart(part, number: number, of: upload, as: key, in: bucket)
                    })
                return true
            }
            guard isSent else { return }
            try await waitForParts(leaving: store.options.parallelPartCount)
        }
    }

    /// Waits until no more than `count` parts are on their way.
    private func waitForParts(leaving count: Int) async throws {
        while true {
            let next: Task<S3Part, any Error>? = state.withLock { state in
                state.parts.count - state.doneCount > count ? state.parts[state.doneCount] : nil
            }
            guard let next else { return }
            _ = try await withTaskCancellationHandler {
                try await next.value
            } onCancel: {
                next.cancel()
            }
            state.withLock { $0.doneCount += 1 }
        }
    }

    func finish(condition: PutCondition) async throws -> ObjectMetadata {
        let (upload, bytes, count) = try state.withLock { state in
            guard !state.isClosed else { throw ObjectStoreError.closed("finish", bucket, key) }
            if state.upload == nil { state.isClosed = true }
            return (state.upload, state.upload == nil ? state.buffer : [], state.byteCount)
        }
        guard let upload else {
            state.withLock { $0.buffer = [] }
            return try await store.putWhole(bytes, "finish", key, bucket, condition)
        }
        do {
            return try await store.explaining("finish", key, bucket) {
                do {
                    try await sendParts(isLast: true)
                    try await waitForParts(leaving: 0)
                    var parts: [S3Part] = []
                    for part in state.withLock(\.parts) { parts.append(try await part.value) }
                    let written = try await store.client.completeMultipartUpload(
                        upload, parts: parts, as: key, in: bucket, S3Condition(condition))
                    state.withLock { $0.isClosed = true }
                    return store.metadata(written, count, key, bucket)
                } catch let error as AWSError {
                    if let own = try await ownUpload(error, count) { return own }
                    try store.refuseMissing(condition, error, "finish", key, bucket)
                    throw error
                }
            }
        } catch {
            await abort()
            throw error
        }
    }

    /// The object that an earlier attempt to complete this upload made, although no answer came of it: S3 then knows the
    /// upload no longer, or the condition holds no longer.
    private func ownUpload(_ error: AWSError, _ count: Int) async throws -> ObjectMetadata? {
        guard error.mayHaveHappened, error.code == "NoSuchUpload" || error.status == 412 else { return nil }
        let parts = state.withLock(\.parts)
        var digests: [UInt8] = []
        for part in parts { digests += try Self.bytes(hexadecimal: await part.value.eTag) }
        let found = try await store.client.headObject(key, in: bucket)
        guard found.byteCount == count, found.eTag == "\(md5(digests))-\(parts.count)" else { return nil }
        state.withLock { $0.isClosed = true }
        return store.metadata(found, bucket)
    }

    private static func bytes(hexadecimal text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
        }
    }

    func abort() async {
        let dropped = state.withLock { state -> State? in
            guard !state.isClosed else { return nil }
            defer {
                state.isClosed = true
                state.buffer = []
                state.parts = []
            }
            return state
        }
        guard let dropped, let upload = dropped.upload else { return }
        for part in dropped.parts { part.cancel() }
        // A part that arrives after the abort would stay.
        for part in dropped.parts { _ = await part.result }
        let (client, key, bucket) = (store.client, key, bucket)
        // In a task of its own, awaited here: the task that aborts may be a cancelled one.
        await Task { try? await client.abortMultipartUpload(upload, of: key, in: bucket) }.value
    }
}

import Synchronization

/// Reads a version of an object from its beginning on, with the next parts on their way while one is used.
///
/// At most ``S3ObjectStore/Options/parallelPartCount`` parts and the one in use are in memory.
final class S3ObjectReader: ObjectReader {
    private struct State {
        var current: [UInt8]
        /// Bytes of `current` that have been given out.
        var offset = 0
        /// Where the part after those on their way begins.
        var nextStart: Int
        var pending: [Task<[UInt8], any Error>] = []
        var isClosed = false
    }

    let metadata: ObjectMetadata
    private let store: S3ObjectStore
    private let state: Mutex<State>

    init(_ store: S3ObjectStore, _ metadata: ObjectMetadata, _ first: [UInt8]) {
        self.store = store
        self.metadata = metadata
        state = Mutex(State(current: first, nextStart: first.count))
    }

    deinit { for task in state.withLock(\.pending) { task.cancel() } }

    func read(upTo count: Int) async throws -> [UInt8] {
        precondition(count > 0, "a read takes at least one byte")
        while true {
            if let bytes = try take(count) { return bytes }
            guard let part = nextPart() else { return [] }
            let bytes = try await withTaskCancellationHandler {
                try await part.value
            } onCancel: {
                part.cancel()
            }
            state.withLock { state in
                guard !state.isClosed else { return }
                state.pending.removeFirst()
                state.current = bytes
                state.offset = 0
            }
        }
    }

    /// The next bytes of the part in use; nil when it is used up.
    private func take(_ count: Int) throws -> [UInt8]? {
        let bytes: [UInt8]?? = state.withLock { state in
            guard !state.isClosed else { return nil }
            guard state.offset < state.current.count else { return .some(nil) }
            let end = min(state.offset + count, state.current.count)
            defer { state.offset = end }
            return Array(state.current[state.offset..<end])
        }
        guard let bytes else { throw ObjectStoreError.closed("read", metadata.bucket, metadata.key) }
        return bytes
    }

    /// The part after the one in use, with those behind it set on their way; nil at the end of the object.
    private func nextPart() -> Task<[UInt8], any Error>? {
        state.withLock { state in
            while state.pending.count < store.options.parallelPartCount, state.nextStart < metadata.byteCount {
                let range = state.nextStart..<min(state.nextStart + store.options.partByteCount, metadata.byteCount)
                state.nextStart = range.upperBound
                // Awaited by `read`; cancelled when the reader is closed or goes.
                state.pending.append(Task { [store, metadata] in try await store.part(range, metadata, "read") })
            }
            return state.pending.first
        }
    }

    func close() async {
        let pending = state.withLock { state in
            state.isClosed = true
            state.current = []
            defer { state.pending = [] }
            return state.pending
        }
        for task in pending { task.cancel() }
    }
}

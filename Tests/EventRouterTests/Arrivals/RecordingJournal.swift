import Synchronization

@testable import EventRouter

/// Keeps changes in memory and lets a test wait for them.
final class RecordingJournal: ArrivalJournal {
    private struct State {
        var changes: [ObjectChange] = []
        var seen: [ObjectName: SeenObject] = [:]
        var waiters: [(isMet: @Sendable ([ObjectChange]) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
        var failures: [any Error] = []
    }

    private let state = Mutex(State())

    var changes: [ObjectChange] { state.withLock { $0.changes } }

    /// The next calls of `accept` fail with these.
    func fail(with errors: [any Error]) { state.withLock { $0.failures = errors } }

    func seen(_ names: [ObjectName]) async throws -> [ObjectName: SeenObject] {
        state.withLock { state in state.seen.filter { names.contains($0.key) } }
    }

    func seenKeys(in bucket: String, prefix: String, after: String?, limit: Int) async throws -> [String] {
        let keys = state.withLock { $0.seen.keys.filter { $0.bucket == bucket && $0.key.hasPrefix(prefix) }.map(\.key) }
        return Array(keys.filter { key in after.map { key > $0 } ?? true }.sorted().prefix(limit))
    }

    func accept(_ changes: [ObjectChange]) async throws {
        let met = try state.withLock { state in
            if !state.failures.isEmpty { throw state.failures.removeFirst() }
            state.changes += changes
            for change in changes {
                state.seen[change.name] = change.identity.map { SeenObject(identity: $0, eTag: change.eTag) }
            }
            let met = state.waiters.filter { $0.isMet(state.changes) }
            state.waiters.removeAll { $0.isMet(state.changes) }
            return met
        }
        for waiter in met { waiter.continuation.resume() }
    }

    /// Returns once the changes so far satisfy `isMet`.
    func wait(until isMet: @escaping @Sendable ([ObjectChange]) -> Bool) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isMetAlready = state.withLock { state in
                if isMet(state.changes) { return true }
                state.waiters.append((isMet, continuation))
                return false
            }
            if isMetAlready { continuation.resume() }
        }
    }

    /// Returns once an arrival under this key has been accepted.
    func waitForArrival(of key: String, count: Int = 1) async {
        await wait { changes in changes.filter { $0.name.key == key && $0.kind != .removed }.count >= count }
    }
}

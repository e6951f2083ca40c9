import Synchronization

/// Wakes all who wait for something to change; they look again and wait again if it is not what they wait for.
final class Broadcast: Sendable {
    private struct State {
        /// Notifications so far.
        var count: UInt64 = 0
        var nextID: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Wakes all who wait now.
    func notify() {
        let waiters = state.withLock { state in
            state.count += 1
            defer { state.waiters = [:] }
            return state.waiters
        }
        for (_, waiter) in waiters.sorted(by: { $0.key < $1.key }) { waiter.resume() }
    }

    /// Returns once `isMet`, which is asked now and after each notification.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func wait(isolation: isolated (any Actor)? = #isolation, until isMet: () -> Bool) async throws(CancellationError) {
        while true {
            // Taken before the look, so that a change right after it is not missed.
            let seen = state.withLock { $0.count }
            if isMet() { return }
            try await wait(since: seen)
        }
    }

    private func wait(since seen: UInt64) async throws(CancellationError) {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isOver = state.withLock { state in
                    if state.count != seen || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
        guard !Task.isCancelled else { throw CancellationError() }
    }
}

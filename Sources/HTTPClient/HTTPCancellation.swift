import Glibc
import Synchronization

/// Ends a request that another thread is waiting for.
package final class HTTPCancellation: Sendable {
    private struct State {
        var isCancelled = false
        var descriptor: Int32?
    }

    private let state = Mutex(State())

    package init() {}

    package var isCancelled: Bool { state.withLock(\.isCancelled) }

    /// Ends the request: its wait returns at once with `.cancelled`, and a request not yet begun never begins.
    package func cancel() {
        state.withLock { state in
            state.isCancelled = true
            // The owner closes the descriptor only after `detach`, which takes this lock: the number is still the
            // socket's.
            if let descriptor = state.descriptor { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    func attach(_ descriptor: Int32) throws(HTTPFailure) {
        let isCancelled = state.withLock { state in
            if !state.isCancelled { state.descriptor = descriptor }
            return state.isCancelled
        }
        if isCancelled { throw HTTPFailure(.cancelled, "the request was cancelled") }
    }

    func detach() { state.withLock { $0.descriptor = nil } }
}

import Synchronization

/// A result that one task sets and another waits for, unless it is cancelled first.
final class Outcome: Sendable {
    private struct State {
        var result: InvocationResult?
        var isCancelled = false
        var waiting: CheckedContinuation<InvocationResult?, Never>?
    }

    private let state = Mutex(State())

    func set(_ result: InvocationResult) {
        let waiting = state.withLock { state in
            state.result = result
            return state.waiting.take()
        }
        waiting?.resume(returning: result)
    }

    /// The result, once it is set; nil when the task is cancelled before that. Called once.
    func value() async -> InvocationResult? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isOver, result) = state.withLock { state -> (Bool, InvocationResult?) in
                    if let result = state.result { return (true, result) }
                    if state.isCancelled { return (true, nil) }
                    state.waiting = continuation
                    return (false, nil)
                }
                if isOver { continuation.resume(returning: result) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.isCancelled = true
                return state.waiting.take()
            }
            waiting?.resume(returning: nil)
        }
    }
}

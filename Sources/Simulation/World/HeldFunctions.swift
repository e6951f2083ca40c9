import Clocks
import EventRouter
import Synchronization

/// Takes invocations from a router and leaves them to the world, which decides when and how each ends.
///
/// A caller waits without holding the clock: time goes on while a function is held.
final class HeldFunctions: FunctionInvoking {
    /// An invocation that the world has not begun yet.
    struct Call: Sendable {
        let id: UInt64
        let request: InvocationRequest
    }

    private struct Waiting {
        let hold: TaskHold?
        let continuation: CheckedContinuation<InvocationResult, Never>
    }

    private struct State {
        var lastID: UInt64 = 0
        var calls: [Call] = []
        var waiting: [UInt64: Waiting] = [:]
        var cancelled: Set<UInt64> = []
        var isClosed = false
    }

    private let state = Mutex(State())

    func invoke(_ request: InvocationRequest) async -> InvocationResult {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let hold = TaskHold.current
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isClosed || state.cancelled.contains(id) { return true }
                    state.waiting[id] = Waiting(hold: hold, continuation: continuation)
                    state.calls.append(Call(id: id, request: request))
                    return false
                }
                if isOver { continuation.resume(returning: HeldFunctions.aborted) } else { hold?.pause() }
            }
        } onCancel: {
            let waiting = state.withLock { state -> Waiting? in
                state.cancelled.insert(id)
                return state.waiting.removeValue(forKey: id)
            }
            waiting?.continuation.resume(returning: HeldFunctions.aborted)
        }
    }

    private static let aborted = InvocationResult(
        outcome: .failure(
            InvocationFailure(kind: .service, errorType: "Turntable.Aborted", errorMessage: "the router was killed")),
        requestID: "")

    var hasCalls: Bool { state.withLock { !$0.calls.isEmpty } }

    /// Calls since the last time, in an order that does not depend on which task came first.
    func takeCalls() -> [Call] {
        let calls = state.withLock { state in
            defer { state.calls = [] }
            return state.calls
        }
        return calls.sorted {
            ($0.request.function, $0.request.payload.hashForOrder, $0.id)
                < ($1.request.function, $1.request.payload.hashForOrder, $1.id)
        }
    }

    /// Ends a call; a caller that is gone hears nothing.
    ///
    /// - Returns: Whether somebody waited for it.
    @discardableResult
    func end(_ id: UInt64, _ outcome: InvocationResult.Outcome) -> Bool {
        guard let waiting = state.withLock({ $0.waiting.removeValue(forKey: id) }) else { return false }
        waiting.hold?.resume()
        waiting.continuation.resume(returning: InvocationResult(outcome: outcome, requestID: "\(id)"))
        return true
    }

    /// Whether somebody waits for the end of a call.
    func isAwaited(_ id: UInt64) -> Bool { state.withLock { $0.waiting[id] != nil } }

    /// Refuses all calls, those that wait among them.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            state.calls = []
            defer { state.waiting = [:] }
            return state.waiting
        }
        for (_, waiting) in waiting.sorted(by: { $0.key < $1.key }) {
            waiting.hold?.resume()
            waiting.continuation.resume(returning: HeldFunctions.aborted)
        }
    }
}

extension [UInt8] {
    fileprivate var hashForOrder: String { String(decoding: self, as: UTF8.self) }
}

import Clocks
import JSON
import Synchronization

@testable import EventRouter

/// Functions that answer by a closure, and remember what they were asked.
final class ScriptedFunctions: FunctionInvoking {
    typealias Answer = @Sendable (InvocationRequest, Int) async -> InvocationResult.Outcome

    private let answer: Answer
    private let state = Mutex<(calls: [InvocationRequest], running: Int, peak: Int)>(([], 0, 0))

    init(_ answer: @escaping Answer) { self.answer = answer }

    /// Each function adds its name to the list under "seen".
    static var echo: ScriptedFunctions {
        ScriptedFunctions { request, _ in .success(payload: appended(request)) }
    }

    static func appended(_ request: InvocationRequest) -> [UInt8] {
        var seen = (try? JSONValue(parsing: request.payload))?["seen"]?.arrayValue ?? []
        seen.append(.string(String(request.function.split(separator: ":").last ?? "")))
        return JSONValue.object(["seen": .array(seen)]).bytes()
    }

    static func failure(_ type: String, _ message: String = "no", kind: InvocationFailure.Kind = .function)
        -> InvocationResult.Outcome
    {
        .failure(InvocationFailure(kind: kind, errorType: type, errorMessage: message))
    }

    var calls: [InvocationRequest] { state.withLock { $0.calls } }
    var callCount: Int { calls.count }
    /// The most invocations that ran at once.
    var peak: Int { state.withLock { $0.peak } }

    func invoke(_ request: InvocationRequest) async -> InvocationResult {
        let number = state.withLock { state in
            state.calls.append(request)
            state.running += 1
            state.peak = max(state.peak, state.running)
            return state.calls.count
        }
        let outcome = await answer(request, number)
        state.withLock { $0.running -= 1 }
        return InvocationResult(outcome: outcome, requestID: "request-\(number)")
    }
}

/// Holds tasks up until it is opened.
final class Latch: Sendable {
    private let changed = Broadcast()
    private let isOpen = Mutex(false)
    private let waiting = Mutex(0)

    var waitingCount: Int { waiting.withLock { $0 } }

    func open() {
        isOpen.withLock { $0 = true }
        changed.notify()
    }

    /// Returns when it is open, at once if cancelled.
    func wait() async {
        waiting.withLock { $0 += 1 }
        try? await changed.wait { isOpen.withLock { $0 } }
    }
}

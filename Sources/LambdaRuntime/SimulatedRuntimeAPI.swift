import Clocks
import JSON
import SimulationLink

/// Invocations from a simulator, one at a time.
struct SimulatedRuntimeAPI: RuntimeAPI {
    let link: SimulationLink

    func next() throws(RuntimeAPIError) -> Invocation {
        let message = link.next()
        guard let requestID = message["request-id"]?.stringValue, let event = message["event"]?.stringValue else {
            throw RuntimeAPIError(
                code: .malformedInvocation, description: "the simulator's message has no request-id or no event")
        }
        return Invocation(
            requestID: requestID, deadlineMilliseconds: message["deadline"]?.intValue.map { Int64($0) },
            invokedFunctionARN: message["function-arn"]?.stringValue, traceID: message["trace-id"]?.stringValue,
            event: Array(event.utf8))
    }

    func respond(to requestID: String, _ output: [UInt8]) throws(RuntimeAPIError) -> PostOutcome {
        guard output.count <= LambdaRuntime.maximumResponseByteCount else { return .tooLarge }
        link.answer(String(decoding: output, as: UTF8.self), isError: false)
        return .accepted
    }

    func fail(_ requestID: String, _ report: ErrorReport) throws(RuntimeAPIError) -> PostOutcome {
        link.answer(report.json.text(), isError: true)
        return .accepted
    }

    func failInitialization(_ report: ErrorReport) throws(RuntimeAPIError) -> PostOutcome {
        link.failStart(report.json.text())
        return .accepted
    }
}

import JSON
import TestSupport
import Testing

@testable import StatesLanguage

/// Recorded cases with functions, which a closure plays by what the case says of each.
@Suite("Recorded cases with functions")
struct RecordedFunctionsTests {
    static let cases = RecordedCase.all("cases-lambda")

    @Test("the cases are there, or it is said that they are not")
    func present() {
        if Self.cases.isEmpty { Repository.sharedIsMissing("\(RecordedCase.folder)/cases-lambda") }
    }

    @Test("a case gives AWS's status, output, error, cause and history", arguments: cases)
    func matches(recorded: RecordedCase) throws {
        var driver = InProcessDriver()
        driver.functions = { recorded.answer(to: $0) }
        try RecordedCasesTests.compare(recorded, driver)
    }
}

extension RecordedCase {
    /// What the function of a request does in this case.
    func answer(to request: TaskRequest) -> InProcessDriver.Answer {
        let function = json["lambdas"]?.arrayValue?.first { lambda in
            lambda["functionName"]?.stringValue.map { request.function.contains($0) } ?? false
        }
        // Masked names leave nothing to tell functions apart by, and such a case has one.
        let played = function ?? (request.function.contains("no_such") ? nil : json["lambdas"]?[0])
        switch played?["behavior"]?.stringValue {
        case "identity": return .payload(request.payload.pythonText)
        case "constant": return .payload(played?["value"]?.text() ?? "null")
        case "constantRawPayload": return .payload(played?["payload"]?.stringValue ?? "null")
        case "constantRawPayloadRepeat":
            let text = String(repeating: played?["char"]?.stringValue ?? "", count: played?["count"]?.intValue ?? 0)
            return .payload(text)
        case "sleep": return .none
        default: return recordedFailure
        }
    }

    /// The first failure of a function in the history: the interpreter hands on what a function says of itself.
    private var recordedFailure: InProcessDriver.Answer {
        for event in history {
            guard let details = event["lambdaFunctionFailedEventDetails"] ?? event["taskFailedEventDetails"] else {
                continue
            }
            let cause = details["cause"].map { $0.stringValue ?? $0.text() }
            return .failure(StateError(details["error"]?.stringValue ?? "", cause: cause))
        }
        // Express executions have no history: their recorded output is the error as it was caught.
        guard let output = json["expect"]?["output"], let name = output["Error"]?.stringValue else { return .none }
        return .failure(StateError(name, cause: output["Cause"]?.stringValue))
    }
}

extension JSONValue {
    /// The text as Python's `json.dumps` writes it, whose length stands in the recordings.
    fileprivate var pythonText: String {
        switch self {
        case .array(let elements): "[\(elements.map(\.pythonText).joined(separator: ", "))]"
        case .object(let object):
            "{\(object.map { "\(JSONValue.string($0.key).text()): \($0.value.pythonText)" }.joined(separator: ", "))}"
        default: text()
        }
    }
}

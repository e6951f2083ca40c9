import Clocks
import JSON
import TestSupport
import Testing

@testable import StatesLanguage

/// The interpreter held against what AWS answered.
@Suite("Recorded cases")
struct RecordedCasesTests {
    static let cases = RecordedCase.all("cases")

    /// Recordings whose events differ in detail, with why.
    static let exceptions = [
        "scenarios_test_base_scenarios.py_TestBaseScenarios_test_lambda_invoke_with_retry_extended_input-a9817830.json":
            "recorded before the context object had RedriveCount"
    ]

    @Test("the cases are there, or it is said that they are not")
    func present() {
        if Self.cases.isEmpty { Repository.sharedIsMissing(RecordedCase.folder) }
    }

    @Test("a case gives AWS's status, output, error, cause and history", arguments: cases)
    func matches(recorded: RecordedCase) throws {
        var driver = InProcessDriver()
        driver.functions = { recorded.answer(to: $0) }
        try Self.compare(recorded, driver)
    }

    /// Runs a case and compares status, output, error, cause and, where the order is AWS's, the history.
    static func compare(_ recorded: RecordedCase, _ driver: InProcessDriver) throws {
        let expected = try #require(recorded.json["expect"])
        let machine: StateMachine
        do {
            machine = try StateMachine.parse(recorded.definition.bytes(), file: recorded.name)
        } catch {
            Issue.record("\(recorded.name) is refused: \(error)")
            return
        }
        let masked = Masked(tokens: recorded.tokens, replacements: recorded.replacements)
        let result = try driver.run(machine, input: recorded.input)
        let (status, output, error) = Self.parts(result.outcome)
        #expect(status == expected["status"]?.stringValue, "\(recorded.name): \(result.outcome)")
        if status == "SUCCEEDED" {
            let difference = masked.difference(expected["output"] ?? .null, output ?? .null)
            #expect(difference == nil, "\(recorded.name)")
        } else {
            let name = expected["error"] ?? .null
            #expect(masked.difference(name, .string(error?.name ?? "")) == nil || name.isNull, "\(recorded.name)")
            let cause = masked.difference(expected["cause"] ?? .null, error?.cause.map { .string($0) } ?? .null)
            #expect(cause == nil, "\(recorded.name)")
        }
        guard recorded.hasOrderedHistory else { return }
        for (event, wanted) in zip(result.events, recorded.history) {
            if Self.exceptions[recorded.name] != nil { break }
            let difference = masked.difference(Self.comparable(wanted), Self.comparable(event.json))
            #expect(difference == nil, "\(recorded.name): event \(event.id) \(event.type)")
        }
        let types = result.events.map { "\($0.id) \($0.previousID) \($0.type)" }
        let wanted = recorded.history.map {
            "\($0["id"]?.intValue ?? 0) \($0["previousEventId"]?.intValue ?? 0) \($0["type"]?.stringValue ?? "")"
        }
        #expect(types == wanted, "\(recorded.name)")
    }

    /// An event without its time.
    private static func comparable(_ event: JSONValue) -> JSONValue {
        guard var object = event.objectValue else { return event }
        object["timestamp"] = nil
        return .object(object)
    }

    static func parts(_ outcome: ExecutionOutcome) -> (String, JSONValue?, StateError?) {
        switch outcome {
        case .succeeded(let output): ("SUCCEEDED", output, nil)
        case .failed(let error): ("FAILED", nil, error)
        case .timedOut: ("TIMED_OUT", nil, nil)
        case .aborted(let error): ("ABORTED", nil, error)
        }
    }
}

import Clocks
import JSON
import TestSupport
import Testing

@testable import StatesLanguage

/// The interpreter held against what AWS answered. Cases of capabilities that come later must be refused when read.
@Suite("Recorded cases")
struct RecordedCasesTests {
    static let cases = RecordedCase.all("cases")

    @Test("the cases are there, or it is said that they are not")
    func present() {
        if Self.cases.isEmpty { Repository.sharedIsMissing(RecordedCase.folder) }
    }

    @Test("a case gives AWS's status, output, error and cause", arguments: cases.filter { $0.laterCapability == nil })
    func matches(recorded: RecordedCase) throws {
        try Self.compare(recorded, InProcessDriver())
    }

    @Test(
        "a case of a later capability is refused when it is read", arguments: cases.filter { $0.laterCapability != nil }
    )
    func refused(recorded: RecordedCase) throws {
        #expect(throws: DefinitionError.self, "\(recorded.name)") {
            try StateMachine.parse(recorded.definition.bytes(), file: recorded.name)
        }
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
        let masked = Masked(tokens: recorded.tokens)
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
        let types = result.events.map { "\($0.id) \($0.previousID) \($0.type)" }
        let wanted = recorded.history.map {
            "\($0["id"]?.intValue ?? 0) \($0["previousEventId"]?.intValue ?? 0) \($0["type"]?.stringValue ?? "")"
        }
        #expect(types == wanted, "\(recorded.name)")
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

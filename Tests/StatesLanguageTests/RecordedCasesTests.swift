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
        let expected = try #require(recorded.json["expect"])
        let machine: StateMachine
        do {
            machine = try StateMachine.parse(recorded.definition.bytes(), file: recorded.name)
        } catch {
            Issue.record("\(recorded.name) is refused: \(error)")
            return
        }
        var driver = InProcessDriver()
        if recorded.json["type"] == "EXPRESS" { driver.identity = InProcessDriver.expressIdentity }
        let result = try driver.run(machine, input: recorded.input)
        let (status, output, error) = Self.parts(result.outcome)
        #expect(status == expected["status"]?.stringValue, "\(recorded.name): \(result.outcome)")
        if let wanted = expected["output"], !wanted.isNull, status == "SUCCEEDED" {
            #expect(
                Masked.matches(wanted, output ?? .null),
                "\(recorded.name): \(output?.text() ?? "nothing") is not \(wanted.text())")
        }
        if let wanted = expected["error"]?.stringValue { #expect(error?.name == wanted, "\(recorded.name)") }
        if let wanted = expected["cause"]?.stringValue {
            #expect(
                Masked.matches(.string(wanted), .string(error?.cause ?? "")),
                "\(recorded.name): \(error?.cause ?? "none")")
        }
        if let history = recorded.json["history"]?.arrayValue, recorded.json["historyOrderNormalised"] != true,
            !recorded.features.contains(where: { $0 == "state:Map" || $0 == "state:Parallel" })
        {
            let types = result.events.map { "\($0.id) \($0.previousID) \($0.type)" }
            let wanted = history.map {
                "\($0["id"]?.intValue ?? 0) \($0["previousEventId"]?.intValue ?? 0) \($0["type"]?.stringValue ?? "")"
            }
            #expect(types == wanted, "\(recorded.name)")
        }
    }

    @Test(
        "a case of a later capability is refused when it is read", arguments: cases.filter { $0.laterCapability != nil }
    )
    func refused(recorded: RecordedCase) throws {
        #expect(throws: DefinitionError.self, "\(recorded.name)") {
            try StateMachine.parse(recorded.definition.bytes(), file: recorded.name)
        }
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

/// Comparison with recordings in which tokens such as `<x:1>` and `timestamp` stand for anything.
enum Masked {
    static func matches(_ wanted: JSONValue, _ got: JSONValue) -> Bool {
        switch (wanted, got) {
        case (.string(let wanted), let got):
            if ["timestamp", "date", "datetime", "start-time", "entered-time", "snf_role_arn", "sfn_role_arn"].contains(
                wanted)
            {
                return true
            }
            guard let text = got.stringValue else { return wanted.hasPrefix("<") && wanted.hasSuffix(">") }
            return matches(wanted, text)
        case (.array(let wanted), .array(let got)):
            return wanted.count == got.count && zip(wanted, got).allSatisfy { matches($0, $1) }
        case (.object(let wanted), .object(let got)):
            return wanted.count == got.count
                && wanted.allSatisfy { key, value in got[key].map { matches(value, $0) } ?? false }
        default: return wanted == got
        }
    }

    /// Text between tokens must stand in the same order.
    private static func matches(_ wanted: String, _ got: String) -> Bool {
        guard wanted != got else { return true }
        let pieces = wanted.replacing(/<[a-zA-Z_:0-9-]+>/, with: "\u{0}").replacing("111111111111", with: "\u{0}")
            .split(separator: "\u{0}", omittingEmptySubsequences: false)
        guard pieces.count > 1 else { return false }
        var rest = got[...]
        for (index, piece) in pieces.enumerated() {
            guard !piece.isEmpty else { continue }
            guard let range = rest.firstRange(of: piece) else { return false }
            if index == 0, range.lowerBound != rest.startIndex { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}

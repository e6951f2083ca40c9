import JSON
import TestSupport
import Testing

@testable import StatesLanguage

/// Definitions held against what AWS finds in them. What the API itself checks is tested with the API.
@Suite("Recorded validations")
struct RecordedValidationTests {
    static let cases = RecordedCase.all("cases-validation").filter {
        $0.json["kind"] == "definition" && $0.json["request"]?["loggingConfiguration"] == nil
    }

    @Test("the cases are there, or it is said that they are not")
    func present() {
        if Self.cases.isEmpty { Repository.sharedIsMissing("\(RecordedCase.folder)/cases-validation") }
    }

    @Test("a definition gives AWS's findings", arguments: cases)
    func matches(recorded: RecordedCase) throws {
        let request = try #require(recorded.json["request"])
        let type = request["type"]?.stringValue.flatMap { StateMachineType(rawValue: $0) } ?? .standard
        var findings: [DefinitionFinding] = []
        do throws(DefinitionError) {
            findings = try StateMachine.parse(
                Array((request["definition"]?.stringValue ?? "").utf8), file: "m", type: type
            ).warnings
        } catch {
            findings = error.findings
        }
        let expected = try #require(recorded.json["expect"])
        if let message = expected["message"]?.stringValue {
            let texts = findings.map { "\($0.code): \($0.message)\($0.location.map { " at \($0)" } ?? "")" }
            let text = "Invalid State Machine Definition: '\(texts.joined(separator: ", "))'"
            let masked = Masked(tokens: recorded.tokens, replacements: [("arn:aws:", "arn:<partition>:")])
            #expect(masked.difference(.string(message), .string(text)) == nil, "\(recorded.name): \(text)")
        } else {
            let wanted = expected["response"]?["diagnostics"]?.arrayValue ?? []
            let got = findings.map { finding -> JSONValue in
                var object: JSONObject = [
                    "code": .string(finding.code), "message": .string(finding.message),
                    "severity": .string(finding.severity.rawValue),
                ]
                object["location"] = finding.location.map { .string($0) }
                return .object(object)
            }
            #expect(got == wanted, "\(recorded.name)")
        }
    }
}

import Clocks
import JSON
import TestSupport
import Testing

@testable import StatesLanguage

/// Tests of single states held against what AWS answered.
@Suite("Recorded tests of states")
struct RecordedStateTests {
    static let cases = RecordedCase.all("cases-teststate")

    @Test("the cases are there, or it is said that they are not")
    func present() {
        if Self.cases.isEmpty { Repository.sharedIsMissing("\(RecordedCase.folder)/cases-teststate") }
    }

    @Test("a test gives AWS's response, or AWS's error", arguments: cases)
    func matches(recorded: RecordedCase) throws {
        let request = try #require(recorded.json["request"])
        let expected = try #require(recorded.json["expect"])
        let masked = Masked(tokens: recorded.tokens, replacements: recorded.replacements)
        do {
            let response = try StateTestDriver.run(request) { task in
                switch recorded.answer(to: task) {
                case .payload(let text): .payload(text)
                case .failure(let error): .failure(error)
                case .none: .failure(StateError(StateError.timeout, cause: nil))
                }
            }
            #expect(expected["apiError"] == nil, "\(recorded.name): \(response.text())")
            let difference = masked.difference(expected["response"] ?? .null, response)
            #expect(difference == nil, "\(recorded.name)")
        } catch let error as StateTestError {
            #expect(error.code == expected["apiError"]?.stringValue, "\(recorded.name): \(error)")
            #expect(error.message == expected["message"]?.stringValue, "\(recorded.name)")
        }
    }
}

/// Runs a test to its end; a closure plays the functions.
enum StateTestDriver {
    static func run(
        _ request: JSONValue, task: (TaskRequest) -> StateTest.Answer = { .payload($0.payload.text()) }
    ) throws -> JSONValue {
        var test = try StateTest(request: request)
        var progress = try test.start(
            at: Timestamp(secondsSinceEpoch: 1_719_309_600), region: "us-east-1", account: "111111111111", seed: 1)
        while case .task(let request) = progress { progress = try test.resume(task(request)) }
        guard case .done(let response) = progress else { return .null }
        return response
    }
}

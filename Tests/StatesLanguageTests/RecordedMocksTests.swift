import JSON
import TestSupport
import Testing

@testable import StatesLanguage

/// Recorded executions of which a mock configuration plays the tasks.
@Suite("Recorded cases with mocked tasks")
struct RecordedMocksTests {
    static let cases = RecordedCase.all("cases-mocked")

    @Test("the cases are there, or it is said that they are not")
    func present() {
        if Self.cases.isEmpty { Repository.sharedIsMissing("\(RecordedCase.folder)/cases-mocked") }
    }

    @Test("a case gives AWS's status and output, but for what a mock does not say", arguments: cases)
    func matches(recorded: RecordedCase) throws {
        let configuration = try MockConfiguration(try #require(recorded.json["mockConfig"]))
        let machineName = try #require(recorded.json["machineName"]?.stringValue)
        let testCase = try #require(recorded.json["mockTestCase"]?.stringValue)
        let machine = try StateMachine.parse(recorded.definition.bytes(), file: recorded.name)
        #expect(configuration.testCases(of: machineName) == [testCase])
        #expect(configuration.unknownStates(of: machineName, in: machine).isEmpty)

        let result = try MockedRun(configuration, machineName, testCase).run(machine, input: recorded.input)
        let (status, output, _) = RecordedCasesTests.parts(result.outcome)
        let expected = try #require(recorded.json["expect"])
        #expect(status == expected["status"]?.stringValue)
        let ignored = Set(recorded.json["ignoreKeys"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        let masked = Masked(tokens: recorded.tokens, replacements: recorded.replacements)
        let difference = masked.difference(
            (expected["output"] ?? .null).without(ignored), (output ?? .null).without(ignored))
        #expect(difference == nil, "\(recorded.name)")
        guard !ignored.contains("events") else { return }
        // Here nothing is submitted: the answer is there at once.
        let wanted = recorded.history.compactMap { $0["type"]?.stringValue }.filter { $0 != "TaskSubmitted" }
        #expect(result.events.map(\.type) == wanted)
    }
}

/// An execution whose tasks a mock configuration plays.
struct MockedRun {
    private let configuration: MockConfiguration
    private let machine: String
    private let testCase: String

    init(_ configuration: MockConfiguration, _ machine: String, _ testCase: String) {
        self.configuration = configuration
        self.machine = machine
        self.testCase = testCase
    }

    func run(_ definition: StateMachine, input: JSONValue) throws -> InProcessDriver.Result {
        var driver = InProcessDriver()
        driver.use(configuration, of: definition, machine: machine, testCase: testCase)
        return try driver.run(definition, input: input)
    }
}

extension JSONValue {
    /// The value without members of these names, at any depth.
    fileprivate func without(_ keys: Set<String>) -> JSONValue {
        switch self {
        case .object(let object):
            .object(JSONObject(object.filter { !keys.contains($0.key) }.map { ($0.key, $0.value.without(keys)) }))
        case .array(let elements): .array(elements.map { $0.without(keys) })
        default: self
        }
    }
}

import JSON
import StatesLanguage

extension StatesAPI {
    /// What is wrong with a definition, as AWS puts it.
    struct Diagnostic: Sendable, Hashable {
        var isError: Bool
        var code: String
        var message: String
        var location: String?

        var json: JSONValue {
            var members: JSONObject = [
                "severity": .string(isError ? "ERROR" : "WARNING"), "code": .string(code),
                "message": .string(message),
            ]
            members.set("location", location)
            return .object(members)
        }

        /// As InvalidDefinition tells it.
        var text: String { "\(code): \(message)\(location.map { " at \($0)" } ?? "")" }
    }

    /// Everything that is found in a definition; empty when it is fine.
    static func diagnose(_ text: String, kind: MachineDefinition.Kind) -> [Diagnostic] {
        do {
            return try StateMachine.parse(Array(text.utf8), file: "definition", type: kind).warnings.map(
                Diagnostic.init)
        } catch {
            return error.findings.map(Diagnostic.init)
        }
    }

    /// - Throws: ``StatesError`` `InvalidDefinition` with all that is wrong.
    static func checkDefinition(_ text: String, kind: MachineDefinition.Kind) throws(StatesError) {
        let errors = diagnose(text, kind: kind).filter(\.isError)
        guard !errors.isEmpty else { return }
        throw StatesError(
            "InvalidDefinition",
            "Invalid State Machine Definition: '\(errors.map(\.text).joined(separator: ", "))'")
    }

    /// ValidateStateMachineDefinition.
    func validateStateMachineDefinition(_ parameters: StatesParameters) throws -> JSONValue {
        let text = try parameters.string("definition", 1...1_048_576, isShown: false)
        let kind = try parameters.machineKind() ?? .standard
        let showsWarnings = try parameters.choice("severity", ["ERROR", "WARNING"]) == "WARNING"
        let asked = try parameters.integer("maxResults", 0...100) ?? 0
        let found = StatesAPI.diagnose(text, kind: kind)
        let shown = found.filter { $0.isError || showsWarnings }
        let page = shown.prefix(asked == 0 ? 100 : asked)
        return [
            "result": found.contains(where: \.isError) ? "FAIL" : "OK",
            "diagnostics": .array(page.map(\.json)), "truncated": .bool(page.count < shown.count),
        ]
    }
}

extension StatesAPI.Diagnostic {
    init(_ finding: DefinitionFinding) {
        self.init(
            isError: finding.severity == .error, code: finding.code, message: finding.message,
            location: finding.location)
    }
}

extension StatesParameters {
    func machineKind() throws(StatesError) -> MachineDefinition.Kind? {
        try choice("type", MachineDefinition.Kind.allCases.map(\.rawValue)).flatMap(MachineDefinition.Kind.init)
    }
}

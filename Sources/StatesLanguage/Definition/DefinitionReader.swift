import JSON

/// Collects findings while a definition is read, and knows where each value stands.
final class DefinitionReader {
    /// Bytes of a definition at most (Step Functions' quota is 1 MB).
    static let maximumByteCount = 1 << 20
    /// Levels of JSON; each Parallel or Map takes some five of them.
    static let maximumDepth = 400
    /// Groups of states in one another: the machine's own, a branch of a Parallel in it, and so on. JSON's levels end
    /// before that; a definition of values is let go of on the stack.
    static let maximumGroupDepth = 101

    private let document: JSONDocument
    /// What states without a query language of their own have.
    let machineLanguage: QueryLanguage
    let machineType: StateMachineType
    private let file: String
    private(set) var findings: [DefinitionFinding] = []
    /// Names of states seen so far, with their paths: they are unique in the whole machine.
    private var stateNames: [String: [String]] = [:]

    init(document: JSONDocument, file: String, language: QueryLanguage, type: StateMachineType) {
        self.document = document
        machineLanguage = language
        machineType = type
        self.file = file
    }

    func report(
        _ message: String, at path: [String], severity: DefinitionFinding.Severity = .error,
        code: String = "SCHEMA_VALIDATION_FAILED"
    ) {
        let position = document.position(at: path)
        findings.append(
            DefinitionFinding(
                severity: severity, code: code, message: message, location: "/" + path.joined(separator: "/"),
                file: file,
                line: position.line, column: position.column))
    }

    func noteState(_ name: String, at path: [String]) {
        if let first = stateNames.updateValue(path, forKey: name) {
            report("the state name '\(name)' is used twice, first at /\(first.joined(separator: "/"))", at: path)
        }
    }
}

import JSON

/// A state machine's definition as values: nothing of it is read again while it runs.
package struct StateMachine: Sendable {
    package let comment: String?
    package let states: StateGroup
    /// Whole seconds; the execution times out after them.
    package let timeoutSeconds: Int?
    /// What was found that does not keep the machine from running.
    package let warnings: [DefinitionFinding]

    /// Reads a definition (Amazon States Language).
    ///
    /// - Throws: ``DefinitionError`` with all findings, each with its line and column in `file`, when there is an error
    ///   among them: what the language forbids, and what it allows but is not supported here.
    package static func parse(
        _ bytes: [UInt8], file: String, type: StateMachineType = .standard
    ) throws(DefinitionError) -> StateMachine {
        func refusal(_ message: String, _ code: String, _ location: String?, _ position: JSONPosition?)
            -> DefinitionError
        {
            DefinitionError(findings: [
                DefinitionFinding(
                    severity: .error, code: code, message: message, location: location, file: file,
                    line: position?.line ?? 1, column: position?.column ?? 1)
            ])
        }
        guard bytes.count <= DefinitionReader.maximumByteCount else {
            throw refusal(
                "the definition has over \(DefinitionReader.maximumByteCount) bytes", "INVALID_JSON_DESCRIPTION", nil,
                nil)
        }
        guard bytes.contains(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
            throw refusal("Definition must be a valid JSON object", "SCHEMA_VALIDATION_FAILED", nil, nil)
        }
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: bytes, maximumDepth: DefinitionReader.maximumDepth)
        } catch {
            let mistake = JSONMistake(error, in: bytes)
            throw refusal(
                "\(mistake.message)\n at \(mistake.location)", "INVALID_JSON_DESCRIPTION", mistake.location,
                error.position)
        }
        guard document.value.objectValue != nil else {
            throw refusal("Definition must be a valid JSON object", "SCHEMA_VALIDATION_FAILED", nil, nil)
        }
        let language = document.value["QueryLanguage"]?.stringValue.flatMap { QueryLanguage(rawValue: $0) } ?? .jsonPath
        let reader = DefinitionReader(document: document, file: file, language: language, type: type)
        var machine: StateMachine?
        if let fields = FieldReader(document.value, at: [], reader: reader, language: language) {
            if let text = fields.string("QueryLanguage"), QueryLanguage(rawValue: text) == nil {
                fields.report("QueryLanguage", "must be JSONPath or JSONata")
            }
            let version = fields.string("Version")
            if let version, version != "1.0" { fields.report("Version", "must be \"1.0\"") }
            let comment = fields.string("Comment")
            let timeout = fields.integer("TimeoutSeconds", in: 1...99_999_999)
            let states = StateGroup.read(fields)
            fields.finish("a state machine")
            if let states {
                machine = StateMachine(
                    comment: comment, states: states, timeoutSeconds: timeout,
                    warnings: reader.findings.filter { $0.severity == .warning })
            }
        }
        guard let machine, !reader.findings.contains(where: { $0.severity == .error }) else {
            throw DefinitionError(findings: reader.findings)
        }
        return machine
    }
}

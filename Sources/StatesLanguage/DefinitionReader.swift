import JSON

/// Collects findings while a definition is read, and knows where each value stands.
final class DefinitionReader {
    /// Bytes of a definition at most (Step Functions' quota is 1 MB).
    static let maximumByteCount = 1 << 20
    /// Levels of JSON; each Parallel or Map takes some five of them.
    static let maximumDepth = 400

    private let document: JSONDocument
    private let file: String
    private(set) var findings: [DefinitionFinding] = []
    /// Names of states seen so far, with their paths: they are unique in the whole machine.
    private var stateNames: [String: [String]] = [:]

    init(document: JSONDocument, file: String) {
        self.document = document
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

/// Reads the fields of one object of a definition, and reports those that nobody asked for.
final class FieldReader {
    let path: [String]
    let object: JSONObject
    let reader: DefinitionReader
    private var known: Set<String> = ["Comment"]

    /// Nil, with a finding, when the value is no object.
    init?(_ value: JSONValue?, at path: [String], reader: DefinitionReader) {
        guard let object = value?.objectValue else {
            reader.report("an object is expected, not \(value?.kindName ?? "nothing")", at: path)
            return nil
        }
        self.path = path
        self.object = object
        self.reader = reader
        if let comment = object["Comment"], comment.stringValue == nil { report("Comment", "must be a string") }
    }

    func report(_ field: String, _ message: String) { reader.report("\(field) \(message)", at: path + [field]) }
    func reportHere(_ message: String) { reader.report(message, at: path) }

    func has(_ field: String) -> Bool {
        known.insert(field)
        return object[field] != nil
    }

    func value(_ field: String) -> JSONValue? {
        known.insert(field)
        return object[field]
    }

    func string(_ field: String, isRequired: Bool = false) -> String? {
        guard let value = value(field) else {
            if isRequired { reportHere("the field \(field) is missing") }
            return nil
        }
        guard let text = value.stringValue else {
            report(field, "must be a string, not \(value.kindName)")
            return nil
        }
        return text
    }

    func integer(_ field: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(field) else { return nil }
        guard let number = value.intValue, range.contains(number) else {
            let bounds =
                range.upperBound == .max
                ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            report(field, "must be a whole number \(bounds)")
            return nil
        }
        return number
    }

    func number(_ field: String, atLeast minimum: Double) -> Double? {
        guard let value = value(field) else { return nil }
        guard let number = value.doubleValue, number >= minimum, number.isFinite else {
            report(field, "must be a number of at least \(minimum)")
            return nil
        }
        return number
    }

    func path(_ field: String) -> JSONPath? {
        guard let text = string(field) else { return nil }
        return path(text, field)
    }

    func path(_ text: String, _ field: String) -> JSONPath? {
        if text.hasPrefix("States.") {
            report(
                field,
                "uses the intrinsic function '\(text.prefix { $0 != "(" })', and intrinsic functions are not supported")
            return nil
        }
        if text.hasPrefix("$"), let second = text.dropFirst().first, second != ".", second != "[", second != "$" {
            report(field, "refers to the variable '\(text)', and variables are not supported")
            return nil
        }
        do {
            return try JSONPath(text)
        } catch {
            report(field, "is wrong: \(error)")
            return nil
        }
    }

    /// A path that says where something goes.
    func referencePath(_ field: String) -> JSONPath? {
        guard let found = path(field) else { return nil }
        guard found.isReference else {
            report(field, "must be a reference path: names and indices below '$' only")
            return nil
        }
        return found
    }

    /// InputPath, OutputPath or ResultPath: `$` when absent, nil for `null`.
    func optionalPath(_ field: String, isReference: Bool = false) -> PathChoice {
        guard let value = value(field) else { return .whole }
        if value.isNull { return .nothing }
        guard let found = isReference ? referencePath(field) : path(field) else { return .whole }
        return found.text == "$" ? .whole : .path(found)
    }

    func template(_ field: String) -> PayloadTemplate? {
        guard let value = value(field) else { return nil }
        return template(value, at: path + [field])
    }

    private func template(_ value: JSONValue, at place: [String]) -> PayloadTemplate {
        switch value {
        case .object(let object):
            var members: [PayloadTemplate.Member] = []
            for (key, value) in object {
                let inner = place + [key]
                guard key.hasSuffix(".$") else {
                    members.append(.init(key: key, template: template(value, at: inner)))
                    continue
                }
                guard let text = value.stringValue else {
                    reader.report("the value of '\(key)' must be a JSONPath, not \(value.kindName)", at: inner)
                    continue
                }
                guard let path = templatePath(text, at: inner) else { continue }
                members.append(.init(key: String(key.dropLast(2)), template: .path(path, field: key)))
            }
            let isConstant = members.allSatisfy { if case .constant = $0.template { true } else { false } }
            return isConstant && members.count == object.count ? .constant(value) : .object(members)
        case .array(let elements):
            let templates = elements.enumerated().map { template($1, at: place + [String($0)]) }
            let isConstant = templates.allSatisfy { if case .constant = $0 { true } else { false } }
            return isConstant ? .constant(value) : .array(templates)
        default: return .constant(value)
        }
    }

    private func templatePath(_ text: String, at place: [String]) -> JSONPath? {
        let field = FieldReader(.object([place.last ?? "": .string(text)]), at: Array(place.dropLast()), reader: reader)
        return field?.path(place.last ?? "")
    }

    /// Reports fields of a later capability by name.
    func refuse(_ fields: [String], because reason: String) {
        for field in fields where has(field) { report(field, "is not supported: \(reason)") }
    }

    /// Reports every field that no call has asked for.
    func finish(_ what: String) {
        for key in object.keys where !known.contains(key) {
            report(key, "is no field of \(what)")
        }
    }
}

/// What InputPath, OutputPath and ResultPath may be.
package enum PathChoice: Sendable, Hashable {
    case whole
    case nothing
    case path(JSONPath)
}

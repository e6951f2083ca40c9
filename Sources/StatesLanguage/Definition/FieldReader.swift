import JSON
import JSONata

/// Reads the fields of one object of a definition, and reports those that nobody asked for.
final class FieldReader {
    let path: [String]
    let object: JSONObject
    let reader: DefinitionReader
    /// How many parts of the path lead to the state that this is in; fields of expressions are named from there.
    let statePathCount: Int
    let language: QueryLanguage
    /// What messages call it, when it holds a group of states inside another.
    let groupName: String?
    private var known: Set<String> = ["Comment"]
    private var missing: [String] = []

    /// Nil, with a finding, when the value is no object.
    init?(
        _ value: JSONValue?, at path: [String], reader: DefinitionReader, language: QueryLanguage,
        statePathCount: Int? = nil, groupName: String? = nil
    ) {
        guard let object = value?.objectValue else {
            reader.report("an object is expected, not \(value?.kindName ?? "nothing")", at: path)
            return nil
        }
        self.path = path
        self.object = object
        self.reader = reader
        self.language = language
        self.statePathCount = statePathCount ?? path.count
        self.groupName = groupName
        if let comment = object["Comment"], comment.stringValue == nil { report("Comment", "must be a string") }
    }

    /// The fields of a value inside this one, in the same state.
    func inner(_ value: JSONValue?, _ names: [String], groupName: String? = nil) -> FieldReader? {
        FieldReader(
            value, at: path + names, reader: reader, language: language, statePathCount: statePathCount,
            groupName: groupName)
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
            if isRequired { require(field) }
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

    /// A number, an expression of JSONata, or a path in the field with `Path` behind its name.
    func numberSource(_ field: String, in range: ClosedRange<Double>, isWhole: Bool = true) -> NumberSource? {
        if language == .jsonPath {
            let pathField = "\(field)Path"
            if has(field), has(pathField) {
                reportHere("a state has either \(field) or \(pathField), not both")
            }
            if let expression = expression(pathField) { return .path(expression, field: pathField) }
        }
        guard let value = value(field) else { return nil }
        if language == .jsonata, let text = value.stringValue {
            if let found = jsonata(text, at: [field]) { return .expression(found) }
            if FieldReader.isExpression(text) { return nil }
        }
        guard let number = value.doubleValue, range.contains(number), !isWhole || value.intValue != nil else {
            let kind = isWhole ? "a whole number" : "a number"
            let bounds =
                range.upperBound == .greatestFiniteMagnitude
                ? "of at least \(Self.spelled(range.lowerBound))"
                : "from \(Self.spelled(range.lowerBound)) to \(Self.spelled(range.upperBound))"
            report(field, "must be \(kind) \(bounds)")
            return nil
        }
        return .fixed(number)
    }

    private static func spelled(_ number: Double) -> String { JSONValue.double(number).text() }

    // MARK: Paths

    func path(_ field: String) -> JSONPath? {
        guard let text = string(field) else { return nil }
        return path(text, field)
    }

    func path(_ text: String, _ field: String) -> JSONPath? {
        do {
            let path = try JSONPath(text)
            noteVariable(path, at: self.path + [field])
            return path
        } catch {
            report(field, "is wrong: \(error)")
            return nil
        }
    }

    private func noteVariable(_ path: JSONPath, at place: [String]) {
        if case .variable(let name) = path.root, name == "states" {
            reader.report("'$states' is JSONata's, and this state's language is JSONPath", at: place)
        }
    }

    /// A path or a call of an intrinsic function.
    func expression(_ field: String) -> PathExpression? {
        guard let text = string(field) else { return nil }
        return expression(text, at: path + [field])
    }

    func expression(_ text: String, at place: [String]) -> PathExpression? {
        if text.hasPrefix("States.") {
            do {
                return .call(try IntrinsicCall(text))
            } catch {
                reader.report("\(place.last ?? "") is wrong: \(error)", at: place)
                return nil
            }
        }
        do {
            let path = try JSONPath(text)
            noteVariable(path, at: place)
            return .path(path)
        } catch {
            reader.report("\(place.last ?? "") is wrong: \(error)", at: place)
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

    // MARK: Templates

    /// A template in the state's language.
    func template(_ field: String) -> StateTemplate? {
        guard let value = value(field) else { return nil }
        switch language {
        case .jsonPath: return .payload(payload(value, at: path + [field]))
        case .jsonata: return .jsonata(jsonataTemplate(value, [field]))
        }
    }

    func payloadTemplate(_ field: String) -> PayloadTemplate? {
        value(field).map { payload($0, at: path + [field]) }
    }

    /// Levels of a template: it is read and filled in on the stack.
    static let maximumTemplateDepth = 128

    /// Whether a part of a template stands too deep, which is reported.
    private func isTooDeep(_ value: JSONValue, _ place: [String], _ depth: Int) -> Bool {
        guard depth > FieldReader.maximumTemplateDepth else { return false }
        switch value {
        case .null, .bool, .number, .string: return false
        case .array, .object:
            reader.report(
                "the template nests deeper than \(FieldReader.maximumTemplateDepth) levels, which is not supported",
                at: place)
            return true
        }
    }

    private func payload(_ value: JSONValue, at place: [String]) -> PayloadTemplate {
        if isTooDeep(value, place, place.count - path.count) { return .constant(value) }
        switch value {
        case .object(let object):
            var members: [PayloadTemplate.Member] = []
            for (key, value) in object {
                let inner = place + [key]
                guard key.hasSuffix(".$") else {
                    members.append(.init(key: key, template: payload(value, at: inner)))
                    continue
                }
                guard let text = value.stringValue else {
                    reader.report("the value of '\(key)' must be a JSONPath, not \(value.kindName)", at: inner)
                    continue
                }
                guard let expression = expression(text, at: inner) else { continue }
                members.append(.init(key: String(key.dropLast(2)), template: .expression(expression, field: key)))
            }
            let isConstant = members.allSatisfy { if case .constant = $0.template { true } else { false } }
            return isConstant && members.count == object.count ? .constant(value) : .object(members)
        case .array(let elements):
            let templates = elements.enumerated().map { payload($1, at: place + [String($0)]) }
            let isConstant = templates.allSatisfy { if case .constant = $0 { true } else { false } }
            return isConstant ? .constant(value) : .array(templates)
        default: return .constant(value)
        }
    }

    static func isExpression(_ text: String) -> Bool { text.hasPrefix("{%") && text.hasSuffix("%}") && text.count >= 4 }

    /// The expression in a text of the form `{% ... %}`; nil, perhaps with a finding, for other texts.
    func jsonata(_ text: String, at names: [String]) -> JSONataField? {
        guard FieldReader.isExpression(text) else { return nil }
        let inner = text.dropFirst(2).dropLast(2)
        let trimmed = inner.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
        do {
            let expression = try JSONataExpression(parsing: String(trimmed), dialect: .statesLanguage)
            return JSONataField(expression: expression, field: fieldName(names))
        } catch {
            reader.report(
                "\(names.last ?? "") is no JSONata: \(error.description)"
                    + (error.position.map { " (character \($0))" } ?? ""),
                at: path + names)
            return nil
        }
    }

    private func fieldName(_ names: [String]) -> String {
        var name = ""
        for part in path.dropFirst(statePathCount) + names {
            if let index = Int(part) {
                name += "[\(index)]"
            } else {
                name += name.isEmpty ? part : "/\(part)"
            }
        }
        return name
    }

    func jsonataTemplate(_ value: JSONValue, _ names: [String]) -> JSONataTemplate {
        if isTooDeep(value, path + names, names.count) { return .constant(value) }
        switch value {
        case .string(let text):
            return jsonata(text, at: names).map { .expression($0) } ?? .constant(value)
        case .array(let elements):
            let templates = elements.enumerated().map { jsonataTemplate($1, names + [String($0)]) }
            let isConstant = templates.allSatisfy { if case .constant = $0 { true } else { false } }
            return isConstant ? .constant(value) : .array(templates)
        case .object(let object):
            let members = object.map {
                JSONataTemplate.Member(key: $0.key, template: jsonataTemplate($0.value, names + [$0.key]))
            }
            let isConstant = members.allSatisfy { if case .constant = $0.template { true } else { false } }
            return isConstant ? .constant(value) : .object(members)
        default: return .constant(value)
        }
    }

    /// `Assign`: variables by name.
    func assign() -> StateTemplate? {
        guard let value = value("Assign") else { return nil }
        guard let object = value.objectValue else {
            report("Assign", "must be an object, not \(value.kindName)")
            return nil
        }
        for key in object.keys {
            let name = language == .jsonPath && key.hasSuffix(".$") ? String(key.dropLast(2)) : key
            guard FieldReader.isVariableName(name) else {
                reader.report(
                    "'\(name)' can't name a variable: a letter, then letters, digits and '_', at most 80, and not 'states'",
                    at: path + ["Assign", key])
                continue
            }
        }
        return template("Assign")
    }

    /// Unicode identifiers of at most 80 characters ("Passing data between states with variables", "Naming").
    static func isVariableName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, name.count <= 80, name != "states" else { return false }
        return (first.properties.isXIDStart || first == "_")
            && name.unicodeScalars.allSatisfy { $0.properties.isXIDContinue }
    }

    /// Reports fields that belong to the other query language.
    func refuse(_ fields: [String], because reason: String) {
        for field in fields where has(field) { report(field, reason) }
    }

    /// Notes that a field should be there; ``finish(_:)`` reports all that are not in one finding.
    func require(_ field: String) {
        known.insert(field)
        if object[field] == nil, !missing.contains(field) { missing.append(field) }
    }

    /// Reports the fields that are missing, and those that no call has asked for.
    func finish(_ what: String) {
        if !missing.isEmpty { reportHere("These fields are required: [\(missing.joined(separator: ", "))]") }
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

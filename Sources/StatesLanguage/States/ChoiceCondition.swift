import Clocks
import JSON

/// The condition of a choice rule.
package indirect enum ChoiceCondition: Sendable {
    case and([ChoiceCondition])
    case or([ChoiceCondition])
    case not(ChoiceCondition)
    case compare(JSONPath, Comparison)
    /// A JSONata expression that gives a truth value.
    case expression(JSONataField)

    /// Whether the condition holds.
    ///
    /// - Throws: ``StateError`` `States.Runtime` when a path finds nothing; IsPresent alone is about that.
    func holds(_ data: StateData) throws(StateError) -> Bool {
        switch self {
        case .and(let conditions):
            for condition in conditions where try !condition.holds(data) { return false }
            return true
        case .or(let conditions):
            for condition in conditions where try condition.holds(data) { return true }
            return false
        case .not(let condition): return try !condition.holds(data)
        case .expression(let field): return try field.value(data, .boolean).boolValue == true
        case .compare(let path, let comparison):
            let value = try data.value(at: path)
            if case .isPresent(let expected) = comparison {
                let isPresent = path.isDefinite ? value != nil : value?.arrayValue?.isEmpty == false
                return isPresent == expected
            }
            guard let value else { throw ChoiceCondition.missing(path) }
            return try comparison.holds(value, data)
        }
    }

    static func missing(_ path: JSONPath) -> StateError {
        .runtime("Invalid path '\(path.text)': The choice state's condition path references an invalid value.")
    }

    /// Levels of And, Or and Not at most.
    static let maximumDepth = 64

    static func read(_ fields: FieldReader, depth: Int) -> ChoiceCondition? {
        if fields.language == .jsonata {
            guard let text = fields.string("Condition", isRequired: true) else { return nil }
            if let field = fields.jsonata(text, at: ["Condition"]) { return .expression(field) }
            if !FieldReader.isExpression(text) { fields.report("Condition", "must be an expression: {% ... %}") }
            return nil
        }
        guard depth < maximumDepth else {
            fields.reportHere("And, Or and Not are nested deeper than \(maximumDepth) levels")
            return nil
        }
        for (name, make) in [("And", ChoiceCondition.and), ("Or", ChoiceCondition.or)] where fields.has(name) {
            guard let elements = fields.value(name)?.arrayValue, !elements.isEmpty else {
                fields.report(name, "must be a list of rules")
                return nil
            }
            let inner = elements.enumerated().compactMap { index, element -> ChoiceCondition? in
                nested(element, fields.path + [name, String(index)], fields, depth)
            }
            return inner.count == elements.count ? make(inner) : nil
        }
        if fields.has("Not") {
            return nested(fields.value("Not"), fields.path + ["Not"], fields, depth).map { .not($0) }
        }
        let path = fields.path("Variable")
        if !fields.has("Variable") { fields.reportHere("a choice rule has Variable, And, Or or Not") }
        let operators = fields.object.keys.filter { Comparison.names.contains($0) }
        guard operators.count == 1, let name = operators.first else {
            fields.reportHere("a choice rule with Variable has exactly one comparison, such as StringEquals")
            return nil
        }
        guard let comparison = Comparison.read(name, fields), let path else { return nil }
        return .compare(path, comparison)
    }

    private static func nested(
        _ value: JSONValue?, _ path: [String], _ fields: FieldReader, _ depth: Int
    ) -> ChoiceCondition? {
        guard let inner = fields.inner(value, Array(path.dropFirst(fields.path.count))) else { return nil }
        if inner.has("Next") { inner.report("Next", "belongs to the outermost rule only") }
        let condition = read(inner, depth: depth + 1)
        inner.finish("a condition")
        return condition
    }
}

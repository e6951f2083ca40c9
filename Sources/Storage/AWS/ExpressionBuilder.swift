import JSON

/// Gathers the names and values that an expression of DynamoDB refers to (Amazon DynamoDB Developer Guide, "Expression
/// attribute names (aliases)"): every name has an alias, since many words are reserved.
struct ExpressionBuilder {
    private var aliases: [String: String] = [:]
    private var names = JSONObject()
    private var values = JSONObject()

    mutating func name(_ attribute: String) -> String {
        if let alias = aliases[attribute] { return alias }
        let alias = "#n\(aliases.count)"
        aliases[attribute] = alias
        names[alias] = .string(attribute)
        return alias
    }

    mutating func value(_ value: AttributeValue) -> String {
        let alias = ":v\(values.count)"
        values[alias] = value.typedJSON
        return alias
    }

    /// Adds what was gathered to a request; DynamoDB takes no empty lists of either.
    func give(to request: inout JSONObject) {
        if !names.isEmpty { request["ExpressionAttributeNames"] = .object(names) }
        if !values.isEmpty { request["ExpressionAttributeValues"] = .object(values) }
    }

    /// The condition as DynamoDB spells it, with the same meaning as ``Condition/holds(of:)``.
    ///
    /// - Parameter anyName: An attribute to say "always" and "never" with, for which there is no other spelling.
    mutating func condition(_ condition: Condition, anyName: String) -> String {
        switch condition {
        case .attributeExists(let attribute): return "attribute_exists(\(name(attribute)))"
        case .attributeNotExists(let attribute): return "attribute_not_exists(\(name(attribute)))"
        case .equals(let attribute, let content): return "\(name(attribute)) = \(value(content))"
        // True also of an absent attribute.
        case .notEquals(let attribute, let content): return "NOT \(name(attribute)) = \(value(content))"
        case .lessThan(let attribute, let content): return comparison("<", attribute, content, anyName)
        case .lessOrEqual(let attribute, let content): return comparison("<=", attribute, content, anyName)
        case .greaterThan(let attribute, let content): return comparison(">", attribute, content, anyName)
        case .greaterOrEqual(let attribute, let content): return comparison(">=", attribute, content, anyName)
        case .and(let conditions): return joined(conditions, "AND", isEmptyTrue: true, anyName)
        case .or(let conditions): return joined(conditions, "OR", isEmptyTrue: false, anyName)
        case .not(let inner): return "NOT (\(self.condition(inner, anyName: anyName)))"
        }
    }

    private mutating func comparison(
        _ sign: String, _ attribute: String, _ content: AttributeValue, _ anyName: String
    ) -> String {
        // DynamoDB refuses to compare what has no order; here that is just false.
        switch content {
        case .string, .number, .binary: return "\(name(attribute)) \(sign) \(value(content))"
        default: return constant(false, anyName)
        }
    }

    private mutating func joined(
        _ conditions: [Condition], _ word: String, isEmptyTrue: Bool, _ anyName: String
    ) -> String {
        if conditions.isEmpty { return constant(isEmptyTrue, anyName) }
        // DynamoDB refuses parentheses around what has some already.
        if conditions.count == 1 { return condition(conditions[0], anyName: anyName) }
        var parts: [String] = []
        for condition in conditions { parts.append("(\(self.condition(condition, anyName: anyName)))") }
        return parts.joined(separator: " \(word) ")
    }

    private mutating func constant(_ value: Bool, _ anyName: String) -> String {
        let alias = name(anyName)
        return "attribute_exists(\(alias)) \(value ? "OR" : "AND") attribute_not_exists(\(alias))"
    }
}

/// What the placeholders of a request's expressions stand for, and which of them have been used.
///
/// Expressions are read through it one after the other; then ``checkAllUsed()`` finds what was given for nothing.
package struct ExpressionBindings: Sendable {
    let names: [String: String]
    let values: [String: AttributeValue]
    private var usedNames: Set<String> = []
    private var usedValues: Set<String> = []

    /// - Parameters:
    ///   - names: ExpressionAttributeNames; nil when the request has none.
    ///   - values: ExpressionAttributeValues; nil when the request has none.
    package init(names: [String: String]? = nil, values: [String: AttributeValue]? = nil) throws(ExpressionError) {
        if let names {
            try ExpressionBindings.check(Array(names.keys), "ExpressionAttributeNames", "#")
            for (key, name) in names where name.isEmpty || name.utf8.count > 65_535 {
                throw ExpressionError(
                    "ExpressionAttributeNames contains invalid value: Attribute name must be 1 to 65535 bytes long for"
                        + " key \(key)")
            }
        }
        if let values { try ExpressionBindings.check(Array(values.keys), "ExpressionAttributeValues", ":") }
        self.names = names ?? [:]
        self.values = values ?? [:]
    }

    private static func check(_ keys: [String], _ parameter: String, _ mark: Character) throws(ExpressionError) {
        guard !keys.isEmpty else { throw ExpressionError("\(parameter) must not be empty") }
        for key in keys.sorted() where !ExpressionToken.isPlaceholder(key, mark) {
            throw ExpressionError("\(parameter) contains invalid key: Syntax error; key: \"\(key)\"")
        }
        for key in keys.sorted() where key.utf8.count > ExpressionLimits.placeholderByteCount {
            throw ExpressionError(
                "\(parameter) contains invalid key: The key is longer than \(ExpressionLimits.placeholderByteCount) bytes"
            )
        }
    }

    mutating func name(_ placeholder: String) -> String? {
        usedNames.insert(placeholder)
        return names[placeholder]
    }

    mutating func value(_ placeholder: String) -> AttributeValue? {
        usedValues.insert(placeholder)
        return values[placeholder]
    }

    /// Throws when a name or value was given that no expression uses.
    package func checkAllUsed() throws(ExpressionError) {
        for (parameter, unused) in [
            ("ExpressionAttributeNames", names.keys.filter { !usedNames.contains($0) }),
            ("ExpressionAttributeValues", values.keys.filter { !usedValues.contains($0) }),
        ] where !unused.isEmpty {
            throw ExpressionError(
                "Value provided in \(parameter) unused in expressions: keys: {"
                    + unused.sorted().joined(separator: ", ") + "}")
        }
    }
}

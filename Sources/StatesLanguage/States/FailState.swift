import JSON

/// A Fail state: ends the execution with an error.
package struct FailState: Sendable {
    package enum Text: Sendable {
        case literal(String)
        case path(PathExpression)
        case expression(JSONataField)
    }

    package let error: Text?
    package let cause: Text?

    static func read(_ fields: FieldReader) -> FailState {
        FailState(error: text("Error", fields), cause: text("Cause", fields))
    }

    private static func text(_ field: String, _ fields: FieldReader) -> Text? {
        let literal = fields.string(field)
        if fields.language == .jsonata {
            guard let literal else { return nil }
            if let found = fields.jsonata(literal, at: [field]) { return .expression(found) }
            return .literal(literal)
        }
        let path = fields.expression("\(field)Path")
        if literal != nil, path != nil { fields.reportHere("a state has either \(field) or \(field)Path, not both") }
        return path.map { .path($0) } ?? literal.map { .literal($0) }
    }

    /// The error with which the state ends.
    ///
    /// - Throws: ``StateError`` when a path or an expression gives no text.
    func error(_ data: StateData) throws(StateError) -> StateError {
        StateError(try Self.text(error, data, "ErrorPath") ?? "", cause: try Self.text(cause, data, "CausePath"))
    }

    private static func text(_ text: Text?, _ data: StateData, _ field: String) throws(StateError) -> String? {
        switch text {
        case nil: return nil
        case .literal(let literal)?: return literal
        case .expression(let expression)?: return try expression.value(data, .string).stringValue
        case .path(let path)?:
            guard let string = try path.value(data, field: field).stringValue else {
                throw .runtime("The value of the field \(field) '\(path.text)' is not a string.")
            }
            return string
        }
    }
}

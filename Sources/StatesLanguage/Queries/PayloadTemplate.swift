package import JSON

/// A payload template: JSON in which the value of each key that ends in `.$` is a path or call that gives what goes there.
package indirect enum PayloadTemplate: Sendable, Hashable {
    case constant(JSONValue)
    case expression(PathExpression, field: String)
    case array([PayloadTemplate])
    case object([Member])

    package struct Member: Sendable, Hashable {
        let key: String
        let template: PayloadTemplate
    }

    /// The template filled in.
    ///
    /// - Throws: ``StateError`` `States.Runtime` when a definite path finds nothing.
    func filled(_ data: StateData) throws(StateError) -> JSONValue {
        switch self {
        case .constant(let value): return value
        case .expression(let expression, let field): return try expression.value(data, field: field)
        case .array(let elements):
            var filled: [JSONValue] = []
            for element in elements { filled.append(try element.filled(data)) }
            return .array(filled)
        case .object(let members):
            var object = JSONObject()
            for member in members { object[member.key] = try member.template.filled(data) }
            return .object(object)
        }
    }
}

package import JSON

/// A payload template: JSON in which the value of each key that ends in `.$` is a path to what goes there.
package indirect enum PayloadTemplate: Sendable, Hashable {
    case constant(JSONValue)
    case path(JSONPath, field: String)
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
        case .path(let path, let field):
            guard let value = path.value(in: data.root(of: path)) else {
                throw .runtime(
                    "The JSONPath '\(path.text)' specified for the field '\(field)' could not be found in the input "
                        + "'\(data.root(of: path).text())'")
            }
            return value
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

/// What paths of a state are read from.
struct StateData {
    let input: JSONValue
    /// Made into JSON only for the paths that ask for it.
    let context: ContextObject

    func root(of path: JSONPath) -> JSONValue { path.root == .input ? input : context.json }
}

import JSON

/// A text in a JSONPath state that leads to a value or makes one.
package enum PathExpression: Sendable, Hashable {
    case path(JSONPath)
    case call(IntrinsicCall)

    var text: String {
        switch self {
        case .path(let path): path.text
        case .call(let call): call.text
        }
    }

    /// - Parameter field: The name of the field that holds it: for messages.
    /// - Throws: ``StateError``: `States.Runtime` when a definite path finds nothing, or as ``IntrinsicCall`` does.
    func value(_ data: StateData, field: String) throws(StateError) -> JSONValue {
        switch self {
        case .call(let call): return try call.value(data)
        case .path(let path):
            guard let value = try data.value(at: path) else {
                throw .runtime(
                    "The JSONPath '\(path.text)' specified for the field '\(field)' could not be found in the input "
                        + "'\(data.root(of: path)?.text() ?? "{}")'")
            }
            return value
        }
    }
}

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
    /// - Throws: ``StateError``: `States.Runtime` when a definite path finds nothing; `States.DataLimitExceeded` as soon
    ///   as there is more than fits.
    func filled(_ data: StateData, _ room: inout TemplateRoom) throws(StateError) -> JSONValue {
        switch self {
        case .constant(let value): return try room.taking(value, data)
        case .expression(let expression, let field):
            return try room.taking(try expression.value(data, field: field), data)
        case .array(let elements):
            var filled: [JSONValue] = []
            filled.reserveCapacity(elements.count)
            room.levels -= 1
            for element in elements { filled.append(try element.filled(data, &room)) }
            room.levels += 1
            return .array(filled)
        case .object(let members):
            var object = JSONObject()
            room.levels -= 1
            for member in members { object[member.key] = try member.template.filled(data, &room) }
            room.levels += 1
            return .object(object)
        }
    }

    func filled(_ data: StateData) throws(StateError) -> JSONValue {
        var room = TemplateRoom(byteCount: data.maximumByteCount)
        return try filled(data, &room)
    }
}

/// What is left for a template that is being filled in: a few paths can ask for the same large value over and over.
struct TemplateRoom {
    var byteCount: Int
    var levels = JSONValue.defaultMaximumDepth

    /// Takes the room of a value.
    ///
    /// - Throws: ``StateError`` `States.DataLimitExceeded` when there is not as much.
    mutating func taking(_ value: JSONValue, _ data: StateData) throws(StateError) -> JSONValue {
        value.spend(&byteCount, levels)
        guard byteCount >= 0 else { throw .dataLimitExceeded(data.context.stateName) }
        return value
    }
}

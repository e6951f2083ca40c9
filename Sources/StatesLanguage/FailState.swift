/// A Fail state: ends the execution with an error.
package struct FailState: Sendable {
    package enum Text: Sendable, Hashable {
        case literal(String)
        case path(JSONPath)
    }

    package let error: Text?
    package let cause: Text?

    static func read(_ fields: FieldReader) -> FailState {
        FailState(error: text("Error", fields), cause: text("Cause", fields))
    }

    private static func text(_ field: String, _ fields: FieldReader) -> Text? {
        let literal = fields.string(field)
        let path = fields.path("\(field)Path")
        if literal != nil, path != nil { fields.reportHere("a state has either \(field) or \(field)Path, not both") }
        return path.map { .path($0) } ?? literal.map { .literal($0) }
    }
}

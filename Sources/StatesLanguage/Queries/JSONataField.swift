import Clocks
package import JSON
import JSONata

/// A JSONata expression in a state, with the field that holds it.
package struct JSONataField: Sendable {
    let expression: JSONataExpression
    /// `Output/result`, `Choices[0]/Condition`.
    let field: String
    /// The variables that it reads, `states` among them: no others are handed to it.
    private let variables: Set<String>
    /// Whether the expression may look at `$states.context`, which is costly to make.
    private let hasContext: Bool

    init(expression: JSONataExpression, field: String) {
        self.expression = expression
        self.field = field
        variables = expression.freeVariables
        let others = ["input", "result", "errorOutput"]
        hasContext = expression.text.split(separator: "$states", omittingEmptySubsequences: false).dropFirst()
            .contains { rest in !others.contains { rest.hasPrefix(".\($0)") } }
    }

    /// An expression runs between two inputs of an execution, and others wait for it: some seconds and what a state's
    /// data has room for many times over.
    static let limits: JSONataLimits = {
        var limits = JSONataLimits()
        limits.steps = 10_000_000
        limits.arrayElements = 1_000_000
        limits.stringBytes = 4 << 20
        limits.totalBytes = 128 << 20
        return limits
    }()

    /// Kinds of value that a field may ask for, as messages name them.
    enum Kind: String {
        case any
        case string
        case number
        case boolean
        case array

        func accepts(_ value: JSONValue) -> Bool {
            switch self {
            case .any: true
            case .string: value.stringValue != nil
            case .number: value.numberValue != nil
            case .boolean: value.boolValue != nil
            case .array: value.arrayValue != nil
            }
        }
    }

    /// - Throws: ``StateError`` `States.QueryEvaluationError` for an error, nothing, or a value of another kind.
    func value(_ data: StateData, _ kind: Kind = .any) throws(StateError) -> JSONValue {
        var bindings: [String: JSONValue] = [:]
        for name in variables {
            bindings[name] = name == "states" ? data.states(hasContext: hasContext) : data.variables[name]
        }
        let context = JSONataContext(now: data.now, entropy: data.entropy, limits: JSONataField.limits)
        let result: JSONataExpression.Result
        do {
            // Names alone stand for nothing: the input is `$states.input`.
            result = try expression.evaluateResult(nil, bindings: bindings, context: context)
        } catch {
            throw failure("threw an error during evaluation. \(error.description)")
        }
        switch result {
        case .undefined: throw failure("returned nothing (undefined).")
        case .function: throw failure("returned an unsupported result type.")
        case .value(let value):
            guard kind.accepts(value) else {
                throw failure(
                    "returned an unexpected result type. Expected '\(kind.rawValue)', but was '\(value.kindName)' for "
                        + "value: \(value.text())")
            }
            return value
        }
    }

    private func failure(_ what: String) -> StateError {
        .query("The JSONata expression '\(expression.text)' specified for the field '\(field)' \(what)", field: field)
    }
}

/// JSON in which texts of the form `{% ... %}` are expressions.
package indirect enum JSONataTemplate: Sendable {
    case constant(JSONValue)
    case expression(JSONataField)
    case array([JSONataTemplate])
    case object([Member])

    package struct Member: Sendable {
        let key: String
        let template: JSONataTemplate
    }

    /// The template filled in.
    ///
    /// - Throws: ``StateError`` as ``JSONataField/value(_:_:)`` does, and `States.DataLimitExceeded` as soon as there is
    ///   more than fits.
    func filled(_ data: StateData, _ room: inout TemplateRoom) throws(StateError) -> JSONValue {
        switch self {
        case .constant(let value): return try room.taking(value, data)
        case .expression(let field): return try room.taking(try field.value(data), data)
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

/// A template in either language.
package enum StateTemplate: Sendable {
    case payload(PayloadTemplate)
    case jsonata(JSONataTemplate)

    /// - Parameter byteCount: Bytes that it may make, where those are not the data limit's.
    func filled(_ data: StateData, upTo byteCount: Int? = nil) throws(StateError) -> JSONValue {
        var room = TemplateRoom(byteCount: byteCount ?? data.maximumByteCount)
        return switch self {
        case .payload(let template): try template.filled(data, &room)
        case .jsonata(let template): try template.filled(data, &room)
        }
    }
}

/// A number that a state says itself, or finds when it runs.
package enum NumberSource: Sendable {
    case fixed(Double)
    case path(PathExpression, field: String)
    case expression(JSONataField)
}

import Clocks
import JSON

@testable import JSONata

/// 2023-11-14T22:13:20Z, when all expressions of the tests are evaluated.
let testTime = Timestamp(secondsSinceEpoch: 1_700_000_000)

/// Evaluates an expression as the tests do, with a fixed time and a seed.
func evaluate(
    _ expression: String, _ input: JSONValue? = nil, bindings: [String: JSONValue] = [:],
    dialect: JSONataDialect = .standard, limits: JSONataLimits = .default
) throws(JSONataError) -> JSONValue? {
    try JSONataExpression(parsing: expression, dialect: dialect, limits: limits).evaluate(
        input, bindings: bindings,
        context: JSONataContext(now: testTime, entropy: SeededEntropy(seed: 7), limits: limits))
}

/// The code of the error that an expression ends in; nil if it does not.
func errorCode(
    _ expression: String, _ input: JSONValue? = nil, dialect: JSONataDialect = .standard,
    limits: JSONataLimits = .default
) -> String? {
    do {
        _ = try evaluate(expression, input, dialect: dialect, limits: limits)
        return nil
    } catch {
        return error.code
    }
}

/// The result as JSON text, `undefined`, or the code of the error.
func outcome(_ expression: String, _ input: JSONValue? = nil, dialect: JSONataDialect = .standard) -> String {
    do throws(JSONataError) {
        return try evaluate(expression, input, dialect: dialect)?.text() ?? "undefined"
    } catch {
        return error.code
    }
}

/// Why an expression, or what goes with one, is refused, in the words of DynamoDB's `ValidationException`.
package struct ExpressionError: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}

/// The parameters that hold expressions; the raw value is the parameter's name.
package enum ExpressionKind: String, Sendable, Hashable {
    case condition = "ConditionExpression"
    case filter = "FilterExpression"
    case key = "KeyConditionExpression"
    case update = "UpdateExpression"
    case projection = "ProjectionExpression"

    func error(_ message: String) -> ExpressionError { ExpressionError("Invalid \(rawValue): \(message)") }
}

/// What an expression has at most, as in DynamoDB ("Service, account, and table quotas").
enum ExpressionLimits {
    static let byteCount = 4_096
    /// Operators and functions of one expression.
    static let operatorCount = 300
    /// Operands of one `IN`.
    static let operandCount = 100
    /// Bytes of a placeholder, with its `#` or `:`.
    static let placeholderByteCount = 255
    /// Elements of a document path.
    static let pathElementCount = 32
    /// Parentheses, `NOT` and calls within each other. DynamoDB names no limit; this one keeps the stack small.
    static let depth = 100
}

/// An error that says how it is named to the caller of a function.
///
/// A state machine's `Retry` and `Catch` match `errorType`. Errors of other types are named `Unhandled.` and their
/// type's name, with their description as the message.
public protocol LambdaError: Error {
    /// A name without blanks, such as `ValidationFailed`.
    var errorType: String { get }
    /// What was being done, on what, what was found, and what to do next.
    var errorMessage: String { get }
}

/// An error of a handler by name and message alone.
public struct HandlerError: LambdaError, Hashable, Sendable {
    public let errorType: String
    public let errorMessage: String

    public init(errorType: String, errorMessage: String) {
        self.errorType = errorType
        self.errorMessage = errorMessage
    }
}

extension HandlerError: CustomStringConvertible {
    public var description: String { "\(errorType): \(errorMessage)" }
}

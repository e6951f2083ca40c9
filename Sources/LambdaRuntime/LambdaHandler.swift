public import JSON

/// What a function does: an event in, an output or an error out.
///
/// A handler is a value whose dependencies came in when it was made; ``LambdaRuntime/run(_:)`` makes one and keeps it
/// for all invocations of the process. Events arrive at least once, so an event handled twice must leave the same
/// state.
public protocol LambdaHandler: Sendable {
    /// Handles one event.
    ///
    /// - Returns: The output, at most ``LambdaRuntime/maximumResponseByteCount`` as JSON text.
    /// - Throws: Any error; ``LambdaError`` says which type a state machine sees.
    func handle(_ event: JSONValue, context: LambdaContext) async throws -> JSONValue
}

public import Clocks

/// What a function finds when it starts: its variables, a clock, a source of chance, a logger.
public struct LambdaEnvironment: Sendable {
    public let variables: [String: String]
    public let clock: any WallClock
    public let entropy: any Entropy
    /// For messages outside of an invocation.
    public let logger: Logger
    /// The name of the executable, for a function that has no other.
    let programName: String

    /// - Parameter programName: The function's name if `AWS_LAMBDA_FUNCTION_NAME` does not give one.
    public init(
        variables: [String: String], programName: String = "function", clock: any WallClock = SystemClock(),
        entropy: any Entropy = SystemEntropy(), sink: any LogSink = DescriptorLogSink.standardError
    ) {
        self.variables = variables
        self.programName = programName
        self.clock = clock
        self.entropy = entropy
        logger = Logger(variables: variables, clock: clock, sink: sink)
    }

    /// The variable's value; nil when it is not set or empty.
    public subscript(name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The variable's value.
    ///
    /// - Throws: A ``HandlerError`` of type `ConfigurationInvalid` that names the variable when it is not set or empty.
    public func required(_ name: String) throws(HandlerError) -> String {
        guard let value = self[name] else {
            throw HandlerError(
                errorType: "ConfigurationInvalid",
                errorMessage: "the environment variable \(name) is not set; set it for \(functionName)")
        }
        return value
    }

    public var functionName: String { self["AWS_LAMBDA_FUNCTION_NAME"] ?? programName }
    public var functionVersion: String { self["AWS_LAMBDA_FUNCTION_VERSION"] ?? "$LATEST" }
    /// Lambda's smallest, 128, unless said otherwise.
    public var memoryLimitMB: Int { self["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"].flatMap { Int($0) } ?? 128 }
    public var region: String { self["AWS_REGION"] ?? self["AWS_DEFAULT_REGION"] ?? "us-east-1" }
    /// Whether the function runs under Lambda's runtime API, be it AWS's or a local one.
    public var servesRuntimeAPI: Bool { self["AWS_LAMBDA_RUNTIME_API"] != nil }
}

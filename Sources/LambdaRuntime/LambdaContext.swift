public import Clocks
public import JSON

/// What is known about one invocation besides its event.
public struct LambdaContext: Sendable {
    public let requestID: String
    public let functionName: String
    public let functionVersion: String
    public let invokedFunctionARN: String
    /// The X-Ray trace, as in the variable `_X_AMZN_TRACE_ID`; nil when the invocation has none.
    public let traceID: String?
    /// When the invocation is ended by force.
    public let deadline: Timestamp
    public let memoryLimitMB: Int
    /// What a mobile client said of itself.
    public let clientContext: JSONValue?
    public let cognitoIdentity: JSONValue?
    /// Of a function with tenant isolation.
    public let tenantID: String?
    public let clock: any WallClock
    public let entropy: any Entropy
    /// Puts the request's id on each line.
    public let logger: Logger
    /// Flushed when the handler has ended, whether it returned or threw.
    public let metrics: MetricsEmitter

    /// Lambda's longest timeout: how long an invocation may take when nothing else is known.
    static let maximumTimeout = Duration.seconds(900)

    init(
        environment: LambdaEnvironment, requestID: String, invokedFunctionARN: String? = nil, traceID: String? = nil,
        deadline: Timestamp? = nil, clientContext: JSONValue? = nil, cognitoIdentity: JSONValue? = nil,
        tenantID: String? = nil, metricsSink: any LogSink
    ) {
        self.requestID = requestID
        functionName = environment.functionName
        functionVersion = environment.functionVersion
        self.invokedFunctionARN =
            invokedFunctionARN
            ?? "arn:aws:lambda:\(environment.region):000000000000:function:\(environment.functionName)"
        self.traceID = traceID
        self.deadline = deadline ?? environment.clock.now + LambdaContext.maximumTimeout
        memoryLimitMB = environment.memoryLimitMB
        self.clientContext = clientContext
        self.cognitoIdentity = cognitoIdentity
        self.tenantID = tenantID
        clock = environment.clock
        entropy = environment.entropy
        logger = environment.logger.for(requestID: requestID)
        metrics = MetricsEmitter(
            dimensions: [("FunctionName", environment.functionName)], clock: environment.clock, logger: logger,
            sink: metricsSink)
        metrics.property("requestId", .string(requestID))
    }

    /// Time until the deadline; never below zero.
    public var remainingTime: Duration { max(.zero, deadline - clock.now) }

    /// A context for tests of handlers: nothing goes to the process's own output unless `sink` leads there.
    public static func test(
        functionName: String = "test", requestID: String = "00000000-0000-4000-8000-000000000000",
        deadline: Timestamp? = nil, variables: [String: String] = [:], clock: any WallClock = SystemClock(),
        entropy: any Entropy = SeededEntropy(seed: 1), sink: any LogSink = LogBuffer()
    ) -> LambdaContext {
        let environment = LambdaEnvironment(
            variables: variables, programName: functionName, clock: clock, entropy: entropy, sink: sink)
        return LambdaContext(environment: environment, requestID: requestID, deadline: deadline, metricsSink: sink)
    }
}

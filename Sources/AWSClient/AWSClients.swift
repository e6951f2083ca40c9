package import Clocks
import HTTPClient

/// The clients of one program, which share credentials and connections; made once from the environment.
package struct AWSClients: Sendable {
    package let configuration: AWSConfiguration
    package let s3: S3Client
    package let dynamoDB: DynamoDBClient
    package let lambda: LambdaClient

    /// Reads AWS's shared files; credentials are looked for, and libcurl is loaded, at the first call.
    ///
    /// - Parameter policy: How calls are tried again, unless the environment says how often; tests shorten its waits.
    /// - Throws: ``AWSError`` of kind `.configuration`.
    package init(
        environment: [String: String], clock: any WallClock, entropy: any Entropy,
        policy: RetryPolicy = RetryPolicy()
    ) throws(AWSError) {
        let configuration = try AWSConfiguration(environment: environment)
        let transport = HTTPTransport(configuration.transportOptions)
        let credentials = CredentialCache(
            AWSClients.sources(configuration, transport, clock), clock: clock)
        var policy = policy
        if let count = configuration.maximumAttempts { policy.maximumAttempts = count }
        // DynamoDB answers within milliseconds, and throttling is its everyday business.
        var tablePolicy = policy
        if configuration.maximumAttempts == nil { tablePolicy.maximumAttempts = max(policy.maximumAttempts, 10) }
        tablePolicy.throttledBaseDelay = min(policy.throttledBaseDelay, .milliseconds(50))
        tablePolicy.attemptTimeout = min(policy.attemptTimeout, .seconds(10))
        tablePolicy.deadline = min(policy.deadline, .seconds(60))
        func connection(_ service: AWSService, _ policy: RetryPolicy) throws(AWSError) -> AWSConnection {
            AWSConnection(
                service, at: try configuration.endpoint(of: service), region: configuration.region,
                credentials: credentials, transport: transport, clock: clock, entropy: entropy, policy: policy)
        }
        self.configuration = configuration
        s3 = S3Client(try connection(.s3, policy), configuration)
        dynamoDB = DynamoDBClient(try connection(.dynamodb, tablePolicy))
        lambda = LambdaClient(try connection(.lambda, policy))
    }

    /// Where credentials are looked for, in order; the first that has some wins.
    static func sources(
        _ configuration: AWSConfiguration, _ transport: HTTPTransport, _ clock: any WallClock
    ) -> [any CredentialSource] {
        let environment = configuration.environment
        return [
            EnvironmentCredentials(environment: environment),
            WebIdentityCredentials(configuration: configuration, transport: transport, clock: clock),
            ProfileCredentials(configuration: configuration),
            ContainerCredentials(environment: environment, transport: transport, clock: clock),
            InstanceCredentials(environment: environment, transport: transport, clock: clock),
        ]
    }
}

/// A function as the emulated Lambda runs it.
package struct FunctionConfiguration: Sendable, Hashable {
    package enum LogFormat: String, Sendable, Hashable {
        case text = "Text"
        case json = "JSON"
    }

    package var name: String
    package var arn: String
    /// The program's absolute path; it is run without arguments.
    package var executablePath: String
    /// `Handler` of the template; the program finds it in `_HANDLER`.
    package var handler: String
    /// The template's variables; names that Lambda reserves are left out.
    package var environment: [String: String]
    package var memoryMB: Int
    package var timeout: Duration
    /// How many run at once at most; nil for ``FunctionPool/Limits/unreservedConcurrency``.
    package var reservedConcurrency: Int?
    /// Whether it may be called any number of times in one chain of calls: `RecursiveLoop: Allow`.
    package var allowsLoops: Bool
    package var logFormat: LogFormat
    /// The application's level in the JSON format, such as `INFO`.
    package var logLevel: String
    /// The absolute path that the program is started in and finds in `LAMBDA_TASK_ROOT`.
    package var taskRoot: String
    package var region: String

    package init(
        name: String, arn: String, executablePath: String, handler: String = "bootstrap",
        environment: [String: String] = [:], memoryMB: Int = 128, timeout: Duration = .seconds(3),
        reservedConcurrency: Int? = nil, allowsLoops: Bool = false, logFormat: LogFormat = .text,
        logLevel: String = "INFO", taskRoot: String,
        region: String = "us-east-1"
    ) {
        self.name = name
        self.arn = arn
        self.executablePath = executablePath
        self.handler = handler
        self.environment = environment
        self.memoryMB = memoryMB
        self.timeout = timeout
        self.reservedConcurrency = reservedConcurrency
        self.allowsLoops = allowsLoops
        self.logFormat = logFormat
        self.logLevel = logLevel
        self.taskRoot = taskRoot
        self.region = region
    }

    /// The one version there is.
    package static let version = "$LATEST"
}

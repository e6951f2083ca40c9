extension Application {
    /// A Lambda function.
    package struct Function: Sendable, Hashable {
        /// Where the program to run comes from.
        package enum Executable: Sendable, Hashable {
            /// A product of the build by its name, from `Metadata.Turntable.Executable`.
            case product(String)
            /// A file named `bootstrap` in this folder: the function's `CodeUri`, relative to the template's folder
            /// unless it begins with `/`.
            case bootstrap(folder: String)
        }

        package var logicalID: String
        package var name: String
        package var arn: String
        package var description: String?
        package var executable: Executable
        /// `CodeUri` as the template has it; nil when there is none.
        package var codeURI: String?
        package var handler: String
        /// `provided.al2023` or `provided.al2`.
        package var runtime: String
        /// `x86_64` or `arm64`.
        package var architecture: String
        package var environment: [String: String]
        /// 128 to 10,240.
        package var memorySizeMB: Int
        /// 1 to 900.
        package var timeoutSeconds: Int
        /// How many run at once at most; nil for no limit of its own.
        package var reservedConcurrentExecutions: Int?
        /// Whether it may go on in a chain of calls in which it calls itself (`RecursiveLoop: Allow`).
        package var allowsLoops: Bool
        package var asynchronousInvocation: AsynchronousInvocation
        package var position: TemplatePosition

        package init(
            logicalID: String, name: String, arn: String, description: String? = nil, executable: Executable,
            codeURI: String? = nil, handler: String, runtime: String, architecture: String,
            environment: [String: String], memorySizeMB: Int, timeoutSeconds: Int,
            reservedConcurrentExecutions: Int? = nil, allowsLoops: Bool = false,
            asynchronousInvocation: AsynchronousInvocation, position: TemplatePosition
        ) {
            self.logicalID = logicalID
            self.name = name
            self.arn = arn
            self.description = description
            self.executable = executable
            self.codeURI = codeURI
            self.handler = handler
            self.runtime = runtime
            self.architecture = architecture
            self.environment = environment
            self.memorySizeMB = memorySizeMB
            self.timeoutSeconds = timeoutSeconds
            self.reservedConcurrentExecutions = reservedConcurrentExecutions
            self.allowsLoops = allowsLoops
            self.asynchronousInvocation = asynchronousInvocation
            self.position = position
        }
    }

    /// What happens to events that are queued for a function.
    package struct AsynchronousInvocation: Sendable, Hashable {
        /// 0 to 2.
        package var maximumRetryAttempts: Int
        /// 60 to 21,600.
        package var maximumEventAgeSeconds: Int
        package var onSuccess: Destination?
        package var onFailure: Destination?
        /// The dead-letter queue or topic, by its ARN.
        package var deadLetterARN: String?

        package init(
            maximumRetryAttempts: Int = 2, maximumEventAgeSeconds: Int = 21_600, onSuccess: Destination? = nil,
            onFailure: Destination? = nil, deadLetterARN: String? = nil
        ) {
            self.maximumRetryAttempts = maximumRetryAttempts
            self.maximumEventAgeSeconds = maximumEventAgeSeconds
            self.onSuccess = onSuccess
            self.onFailure = onFailure
            self.deadLetterARN = deadLetterARN
        }
    }

    /// Where the record of an asynchronous invocation goes.
    package struct Destination: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable {
            case function, queue, topic, eventBus, bucket
        }

        package var kind: Kind
        package var arn: String

        package init(kind: Kind, arn: String) {
            self.kind = kind
            self.arn = arn
        }
    }
}

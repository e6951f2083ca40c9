package import JSON

extension Application {
    /// An EventBridge rule with a pattern.
    package struct Rule: Sendable, Hashable {
        /// The rule's own logical id, or for an event of a function or state machine SAM's: the two ids joined.
        package var logicalID: String
        package var name: String
        package var arn: String
        /// `default` unless the template says otherwise.
        package var eventBus: String
        package var isEnabled: Bool
        package var pattern: JSONValue
        package var targets: [Target]
        package var position: TemplatePosition
        /// Where the parts of the pattern stand, by their path of keys and decimal indices; the root is `[]`.
        package var patternPositions: [[String]: TemplatePosition]

        package init(
            logicalID: String, name: String, arn: String, eventBus: String, isEnabled: Bool, pattern: JSONValue,
            targets: [Target], position: TemplatePosition, patternPositions: [[String]: TemplatePosition]
        ) {
            self.logicalID = logicalID
            self.name = name
            self.arn = arn
            self.eventBus = eventBus
            self.isEnabled = isEnabled
            self.pattern = pattern
            self.targets = targets
            self.position = position
            self.patternPositions = patternPositions
        }

        /// Where the pattern's part at `path` stands, or the nearest part around it.
        package func position(ofPattern path: [String]) -> TemplatePosition {
            var path = path[...]
            while true {
                if let position = patternPositions[Array(path)] { return position }
                guard path.popLast() != nil else { return position }
            }
        }
    }

    /// Whom a rule or a schedule calls, and with what.
    package struct Target: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            /// A function of this application, by name: an asynchronous invocation.
            case function(String)
            /// A state machine of this application, by ARN: a new execution.
            case stateMachine(String)
            /// A queue by ARN: a message.
            case queue(String)
            /// A topic by ARN: a message that is only logged.
            case topic(String)
        }

        /// What the target is given.
        package enum Input: Sendable, Hashable {
            /// The event as it is; a schedule of EventBridge Scheduler without input gives `{}`.
            case event
            /// This JSON text instead.
            case constant(String)
            /// The part of the event at this JSONPath.
            case path(String)
            /// A template with `<name>` for the parts of the event at these JSONPaths.
            case transformer(paths: [String: String], template: String)
        }

        package var id: String
        package var kind: Kind
        package var arn: String
        package var input: Input
        package var retryPolicy: RetryPolicy
        /// The queue for events that could not be delivered, by ARN.
        package var deadLetterARN: String?
        package var position: TemplatePosition

        package init(
            id: String, kind: Kind, arn: String, input: Input, retryPolicy: RetryPolicy, deadLetterARN: String? = nil,
            position: TemplatePosition
        ) {
            self.id = id
            self.kind = kind
            self.arn = arn
            self.input = input
            self.retryPolicy = retryPolicy
            self.deadLetterARN = deadLetterARN
            self.position = position
        }
    }

    /// How often and how long a delivery to a target is tried again.
    package struct RetryPolicy: Sendable, Hashable {
        /// 0 to 185.
        package var maximumRetryAttempts: Int
        /// 60 to 86,400.
        package var maximumEventAgeSeconds: Int

        package init(maximumRetryAttempts: Int = 185, maximumEventAgeSeconds: Int = 86_400) {
            self.maximumRetryAttempts = maximumRetryAttempts
            self.maximumEventAgeSeconds = maximumEventAgeSeconds
        }
    }

    /// A rule with a schedule expression, or a schedule of EventBridge Scheduler.
    package struct Schedule: Sendable, Hashable {
        /// Which service fires it, which decides what the target is given when there is no input.
        package enum Origin: Sendable, Hashable {
            /// EventBridge: the target is given a `Scheduled Event`.
            case rule
            /// EventBridge Scheduler: the target is given its input alone.
            case scheduler
        }

        package var logicalID: String
        package var name: String
        package var arn: String
        package var origin: Origin
        /// `rate(...)`, `cron(...)` or, of the scheduler, `at(...)`; in UTC.
        package var expression: String
        package var expressionPosition: TemplatePosition
        package var isEnabled: Bool
        /// The first and last moment it may fire, in ISO 8601; of the scheduler only.
        package var startDate: String?
        package var endDate: String?
        package var targets: [Target]
        package var position: TemplatePosition

        package init(
            logicalID: String, name: String, arn: String, origin: Origin, expression: String,
            expressionPosition: TemplatePosition, isEnabled: Bool, startDate: String? = nil, endDate: String? = nil,
            targets: [Target], position: TemplatePosition
        ) {
            self.logicalID = logicalID
            self.name = name
            self.arn = arn
            self.origin = origin
            self.expression = expression
            self.expressionPosition = expressionPosition
            self.isEnabled = isEnabled
            self.startDate = startDate
            self.endDate = endDate
            self.targets = targets
            self.position = position
        }
    }
}

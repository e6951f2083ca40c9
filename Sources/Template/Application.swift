/// What a template asks for, as values: everything that a local run needs, with names and references resolved.
///
/// Lists are in the template's order. A resource with an error among the ``findings`` is left out or as complete as it
/// could be made; an application that ``canRun`` has none.
package struct Application: Sendable, Hashable {
    /// The template's path as it was given.
    package var file: String
    package var account: AccountContext
    /// The template's own `Description`.
    package var description: String?
    package var parameters: [Parameter] = []
    package var functions: [Function] = []
    package var buckets: [Bucket] = []
    package var tables: [Table] = []
    package var stateMachines: [StateMachine] = []
    /// Rules with an event pattern, those that SAM makes of `Events` among them.
    package var rules: [Rule] = []
    /// Rules with a schedule expression and schedules of EventBridge Scheduler, those that SAM makes among them.
    package var schedules: [Schedule] = []
    /// Polls that stand in for notifications, from the template's `Metadata.Turntable.Sensors`.
    package var sensors: [Sensor] = []
    /// Functions by the `service:action` that they stand for in state machines, from
    /// `Metadata.Turntable.Integrations`.
    package var integrations: [String: String] = [:]
    /// Standard queues, those that SAM makes for what could not be delivered among them.
    package var queues: [Queue] = []
    /// Functions that work on queues' messages, those that SAM makes of `Events` among them.
    package var queueMappings: [QueueMapping] = []
    /// Programs for simulations, from `Metadata.Turntable.Simulation`.
    package var simulation: Simulation?
    /// Resources that deploy but have no meaning for a local run, such as roles and alarms.
    package var ignoredLocally: [IgnoredResource] = []
    /// All that is wrong with the template or can't be run, by place.
    package var findings: [Finding] = []

    package init(file: String, account: AccountContext) {
        self.file = file
        self.account = account
    }

    /// Whether no finding is an error.
    package var canRun: Bool { !findings.contains { $0.severity == .error } }

    package func function(named name: String) -> Function? { functions.first { $0.name == name } }
    package func bucket(named name: String) -> Bucket? { buckets.first { $0.name == name } }
    package func stateMachine(arn: String) -> StateMachine? { stateMachines.first { $0.arn == arn } }
}

extension Application {
    /// Programs that fill a simulation's worlds and look at what became of them, relative to the template's folder.
    package struct Simulation: Sendable, Hashable {
        package var files: String
        package var invariants: String
    }

    /// A parameter and the value it has in this run.
    package struct Parameter: Sendable, Hashable {
        package var name: String
        package var type: String
        /// A list's elements are joined by commas. `NoEcho` is honoured by whoever prints it.
        package var value: String
        package var isDefault: Bool
        package var isSecret: Bool
        package var position: TemplatePosition

        package init(
            name: String, type: String, value: String, isDefault: Bool, isSecret: Bool, position: TemplatePosition
        ) {
            self.name = name
            self.type = type
            self.value = value
            self.isDefault = isDefault
            self.isSecret = isSecret
            self.position = position
        }
    }

    /// A resource that is accepted and has no part in a local run.
    package struct IgnoredResource: Sendable, Hashable {
        package var logicalID: String
        /// Such as `AWS::IAM::Role`.
        package var type: String
        package var position: TemplatePosition

        package init(logicalID: String, type: String, position: TemplatePosition) {
            self.logicalID = logicalID
            self.type = type
            self.position = position
        }
    }

    /// A poll of a bucket that announces new files.
    package struct Sensor: Sendable, Hashable {
        package var name: String
        /// The bucket's name.
        package var bucket: String
        /// Keys that don't begin with it are not looked at; may be empty.
        package var prefix: String
        /// What the whole key must match, `*` standing for any characters, slashes too; nil for every key.
        package var wildcard: String?
        package var intervalSeconds: Int
        package var position: TemplatePosition

        package init(
            name: String, bucket: String, prefix: String, wildcard: String? = nil, intervalSeconds: Int,
            position: TemplatePosition
        ) {
            self.name = name
            self.bucket = bucket
            self.prefix = prefix
            self.wildcard = wildcard
            self.intervalSeconds = intervalSeconds
            self.position = position
        }
    }
}

import Clocks

/// A state machine as the API knows it.
struct MachineRecord: Sendable, Hashable {
    /// Where it comes from.
    enum Origin: String, Sendable, Hashable {
        /// CreateStateMachine.
        case api
        /// The template: its definition is taken from there at each start.
        case template
    }

    var arn: String
    var name: String
    var kind: MachineDefinition.Kind
    var roleARN: String
    var definition: [UInt8]
    /// Where the definition was written: for messages.
    var file: String
    var settings: MachineSettings
    /// Nil until the first change: AWS calls that revision `INITIAL`.
    var revisionID: String?
    var createdAt: Timestamp
    var updatedAt: Timestamp
    var origin: Origin
    /// Whether it goes as soon as its executions have ended.
    var isDeleting = false
    /// The number of the version published last, deleted ones among them.
    var lastVersion = 0

    /// As executions are started of it.
    var machineDefinition: MachineDefinition {
        MachineDefinition(arn: arn, roleARN: roleARN, bytes: definition, file: file, kind: kind, revisionID: revisionID)
    }

    func versionARN(_ number: Int) -> String { "\(arn):\(number)" }
    func aliasARN(_ name: String) -> String { "\(arn):\(name)" }
}

/// What a list of state machines tells of one.
struct MachineSummary: Sendable, Hashable {
    var arn: String
    var name: String
    var kind: MachineDefinition.Kind
    var createdAt: Timestamp
    var isDeleting: Bool
}

/// A state machine as it was when it was published; never changed.
struct MachineVersion: Sendable, Hashable {
    var machineARN: String
    /// From 1.
    var number: Int
    var kind: MachineDefinition.Kind
    var roleARN: String
    var definition: [UInt8]
    var file: String
    var settings: MachineSettings
    var revisionID: String?
    var description: String?
    var createdAt: Timestamp

    var arn: String { "\(machineARN):\(number)" }

    /// As executions are started of it.
    var machineDefinition: MachineDefinition {
        MachineDefinition(
            arn: machineARN, roleARN: roleARN, bytes: definition, file: file, kind: kind, versionARN: arn,
            revisionID: revisionID)
    }
}

/// A name for one version of a state machine, or for two that share the executions by weight.
struct MachineAlias: Sendable, Hashable {
    struct Route: Sendable, Hashable {
        var version: Int
        /// Of 100.
        var weight: Int
    }

    var machineARN: String
    var name: String
    var description: String?
    var routes: [Route]
    var createdAt: Timestamp
    /// Nil until the first change.
    var updatedAt: Timestamp?

    var arn: String { "\(machineARN):\(name)" }

    /// The version that a draw leads to.
    ///
    /// - Parameter fraction: From 0 up to, not including, 1.
    func version(at fraction: Double) -> Int? {
        var sum = 0
        for route in routes {
            sum += route.weight
            if fraction * 100 < Double(sum) { return route.version }
        }
        return routes.last?.version
    }
}

/// A queue of tasks for workers of their own.
struct ActivityRecord: Sendable, Hashable {
    var arn: String
    var name: String
    var encryption: MachineSettings.Encryption
    var createdAt: Timestamp
}

/// A label that people put on a resource.
struct ResourceTag: Sendable, Hashable {
    var key: String
    var value: String
}

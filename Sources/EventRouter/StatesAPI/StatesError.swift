import JSON

/// An error answer of the Step Functions API: its name is what clients branch on.
struct StatesError: Error, Sendable, Hashable {
    /// AWS's name, such as `StateMachineDoesNotExist`.
    let name: String
    let message: String
    /// 400 unless it is the router's own fault or limit.
    let status: Int

    init(_ name: String, _ message: String, status: Int = 400) {
        self.name = name
        self.message = message
        self.status = status
    }

    var json: JSONValue { ["__type": .string(name), "message": .string(message)] }
}

extension StatesError {
    static func validation(_ message: String) -> StatesError { StatesError("ValidationException", message) }

    /// A member of the request that breaks a rule of the API's model.
    ///
    /// - Parameters:
    ///   - value: As AWS prints it: in quotes, or `null`.
    ///   - place: `tags.1.member.key`.
    static func constraint(_ value: String?, at place: String, _ rule: String) -> StatesError {
        validation(
            "1 validation error detected: Value \(value.map { "\($0) " } ?? "")at '\(place)' failed to satisfy constraint: "
                + rule)
    }

    /// A member of the wrong JSON type.
    static func type(_ value: JSONValue, at place: String, _ expected: String) -> StatesError {
        StatesError("SerializationException", "\(place) must be \(expected), not \(value.kindName)")
    }

    static func invalidARN(_ detail: String) -> StatesError { StatesError("InvalidArn", "Invalid Arn: '\(detail)'") }
    static func invalidName(_ name: String) -> StatesError { StatesError("InvalidName", "Invalid Name: '\(name)'") }
    static func noMachine(_ arn: String) -> StatesError {
        StatesError("StateMachineDoesNotExist", "State Machine Does Not Exist: '\(arn)'")
    }
    static func deleting(_ arn: String) -> StatesError {
        StatesError("StateMachineDeleting", "State Machine is being deleted: '\(arn)'")
    }
    static func noExecution(_ arn: String) -> StatesError {
        StatesError("ExecutionDoesNotExist", "Execution Does Not Exist: '\(arn)'")
    }
    static func noResource(_ arn: String) -> StatesError {
        StatesError("ResourceNotFound", "Resource not found: '\(arn)'")
    }
    static func conflict(_ message: String) -> StatesError { StatesError("ConflictException", message) }
    static let typeNotSupported = StatesError(
        "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
    static let invalidToken = StatesError("InvalidToken", "Invalid Token: 'Invalid token'")

    /// What the engine and the store complain of, as AWS calls it.
    init(_ error: ExecutionError, arn: String) {
        switch error.code {
        case .unknownStateMachine: self = .noMachine(arn)
        case .unknownExecution, .notRunning: self = .noExecution(arn)
        case .executionAlreadyExists:
            self = StatesError("ExecutionAlreadyExists", "Execution Already Exists: '\(arn)'")
        case .invalidName: self = .invalidName(arn)
        case .invalidInput:
            self = StatesError("InvalidExecutionInput", "Invalid State Machine Execution Input: '\(error.description)'")
        case .invalidDefinition: self = StatesError("InvalidDefinition", error.description)
        case .invalidToken: self = .invalidToken
        case .taskTimedOut: self = StatesError("TaskTimedOut", error.detail)
        case .unknownMapRun: self = .noResource(arn)
        case .mapRunNotRunning: self = .validation(error.detail)
        case .notRedrivable: self = StatesError("ExecutionNotRedrivable", error.detail)
        case .unservedIntegration: self = .validation(error.detail)
        case .shuttingDown: self = StatesError("ServiceUnavailable", error.description, status: 503)
        case .folderLocked, .newerSchema, .storage:
            self = StatesError("InternalServerError", error.description, status: 500)
        }
    }
}

import Clocks
import JSON
import StatesLanguage

/// `states:startExecution`: executions inside executions, waited for or not.
struct ExecutionService: Sendable {
    static let actions: Set<String> = ["states:startExecution", "aws-sdk:sfn:startExecution"]

    let engine: ExecutionEngine
    let clock: any WallClock

    func answer(
        _ integration: ServiceIntegration, _ parameters: JSONValue, request: TaskRequest, of executionARN: String,
        requestID: String, submitted: @Sendable (JSONValue) async -> Void
    ) async throws(StateError) -> JSONValue {
        let service = integration.service == "states" ? "StepFunctions" : "Sfn"
        guard let machine = parameters["StateMachineArn"]?.stringValue else {
            throw .service(service, "InvalidArnException", "The parameter StateMachineArn is missing or no string")
        }
        let input = parameters["Input"] ?? [:]
        // The same name whenever this attempt is made, so that a router that starts again finds its execution.
        let name = parameters["Name"]?.stringValue ?? ExecutionService.name(executionARN, request.token)
        let record: ExecutionRecord
        do throws(ExecutionError) {
            let text = integration.service == "states" ? input.stringValue ?? input.text() : input.stringValue ?? "{}"
            record = try await engine.start(
                StartRequest(stateMachineARN: machine, name: name, input: Array(text.utf8)))
        } catch {
            if error.code == .executionAlreadyExists, parameters["Name"] == nil,
                let ended = try? await engine.store.execution(named: name, of: machine)
            {
                record = ended
            } else {
                throw ExecutionService.error(service, error, machine)
            }
        }
        let started = JSONValue.serviceAnswer(
            [
                "ExecutionArn": .string(record.arn),
                "StartDate": .int(Int(record.startedAt.millisecondsSinceEpoch)),
            ], requestID: requestID)
        guard integration.pattern == .sync || integration.pattern == .sync2 else { return started }
        await submitted(started)
        do {
            let ended = try await engine.waitUntilEnded(record.arn)
            return try ExecutionService.result(ended, integration.pattern)
        } catch let error as StateError {
            throw error
        } catch {
            if error is CancellationError {
                // The state has given up; so does what it waits for.
                try? await engine.stop(record.arn)
            }
            throw StateError("States.TaskFailed", cause: "\(error)")
        }
    }

    /// A name of 64 bits twice over, of the execution and the attempt.
    private static func name(_ arn: String, _ token: TaskToken) -> String {
        func digits(_ text: String) -> String {
            let digest = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
            let digits = String(digest, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return digits("\(arn)#\(token)") + digits("\(token)#\(arn)")
    }

    private static func error(_ service: String, _ error: ExecutionError, _ machine: String) -> StateError {
        switch error.code {
        case .unknownStateMachine:
            .service(service, "StateMachineDoesNotExistException", "State Machine Does Not Exist: '\(machine)'")
        case .executionAlreadyExists: .service(service, "ExecutionAlreadyExistsException", error.detail)
        case .invalidName: .service(service, "InvalidNameException", error.detail)
        case .invalidInput: .service(service, "InvalidExecutionInputException", error.detail)
        default: .service(service, "SfnException", error.description, statusCode: 500)
        }
    }

    /// What DescribeExecution says of it; an end that is none of success is the task's failure.
    private static func result(
        _ record: ExecutionRecord, _ pattern: ServiceIntegration.Pattern
    ) throws(StateError) -> JSONValue {
        var object: JSONObject = [
            "ExecutionArn": .string(record.arn), "Input": .string(record.input), "InputDetails": ["Included": true],
            "Name": .string(record.name),
        ]
        let isJSON = pattern == .sync2
        func value(_ text: String) -> JSONValue {
            isJSON ? (try? JSONValue(parsing: text)) ?? .string(text) : .string(text)
        }
        if isJSON { object["Input"] = value(record.input) }
        if let output = record.output {
            object["Output"] = value(output)
            object["OutputDetails"] = ["Included": true]
        }
        object["Error"] = record.error.map { .string($0) }
        object["Cause"] = record.cause.map { .string($0) }
        object["RedriveCount"] = 0
        object["StartDate"] = .int(Int(record.startedAt.millisecondsSinceEpoch))
        object["StateMachineArn"] = .string(record.stateMachineARN)
        object["Status"] = .string(record.status.rawValue)
        object["StopDate"] = record.stoppedAt.map { .int(Int($0.millisecondsSinceEpoch)) }
        guard record.status == .succeeded else {
            throw StateError("States.TaskFailed", cause: JSONValue.object(object).text())
        }
        return .object(object)
    }
}

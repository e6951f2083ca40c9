package import Clocks
package import JSON

/// One event of an execution's history, as AWS numbers and names it.
package struct HistoryEvent: Sendable, Hashable {
    /// What the event tells beside its type. Kept as values; text is made when the event is written.
    package enum Details: Sendable, Hashable {
        case none
        case executionStarted(input: JSONValue, roleARN: String)
        case stateEntered(name: String, input: JSONValue)
        case stateExited(name: String, output: JSONValue, assigned: JSONObject?)
        case lambdaScheduled(resource: String, input: JSONValue, timeoutSeconds: Int?)
        case lambdaSucceeded(output: String)
        case taskScheduled(Integration, parameters: JSONValue, timeoutSeconds: Int?, heartbeatSeconds: Int?)
        case taskStarted(Integration)
        case taskSucceeded(Integration, output: String)
        case taskFailed(Integration, StateError)
        case taskTimedOut(Integration, StateError)
        case activityScheduled(resource: String, input: JSONValue, timeoutSeconds: Int?, heartbeatSeconds: Int?)
        case activityStarted(worker: String?)
        case evaluationFailed(StateError, state: String)
        case mapRunStarted(arn: String)
        case mapRunRedriven(arn: String, count: Int)
        case redriven(count: Int)
        case mapStarted(length: Int)
        case iteration(name: String, index: Int)
        case succeeded(output: JSONValue)
        case failed(StateError)
    }

    /// A service integration as events name it: `lambda`, `invoke`.
    package struct Integration: Sendable, Hashable {
        package let resourceType: String
        package let resource: String
        package let region: String
    }

    package let id: Int
    package let previousID: Int
    package let time: Timestamp
    package let type: String
    package let details: Details

    /// The event in AWS's shape, with inputs and outputs as JSON texts and the time in ISO 8601.
    package var json: JSONValue {
        var object: JSONObject = [
            "timestamp": .string(time.iso8601), "type": .string(type), "id": .int(id),
            "previousEventId": .int(previousID),
        ]
        if let (key, members) = detailMembers { object[key] = .object(members) }
        return .object(object)
    }

    private var detailMembers: (String, JSONObject)? {
        let notTruncated: JSONValue = ["truncated": false]
        func key(_ suffix: String = "EventDetails") -> String {
            type.prefix(1).lowercased() + type.dropFirst() + suffix
        }
        switch details {
        case .none: return nil
        case .executionStarted(let input, let roleARN):
            return (key(), ["input": .string(input.text()), "inputDetails": notTruncated, "roleArn": .string(roleARN)])
        case .stateEntered(let name, let input):
            return (
                "stateEnteredEventDetails",
                ["name": .string(name), "input": .string(input.text()), "inputDetails": notTruncated]
            )
        case .stateExited(let name, let output, let assigned):
            var members: JSONObject = [
                "name": .string(name), "output": .string(output.text()), "outputDetails": notTruncated,
            ]
            if let assigned {
                members["assignedVariables"] = .object(JSONObject(assigned.map { ($0.key, .string($0.value.text())) }))
                members["assignedVariablesDetails"] = notTruncated
            }
            return ("stateExitedEventDetails", members)
        case .lambdaScheduled(let resource, let input, let timeout):
            var members: JSONObject = [
                "resource": .string(resource), "input": .string(input.text()), "inputDetails": notTruncated,
            ]
            members["timeoutInSeconds"] = timeout.map { .int($0) }
            return (key(), members)
        case .lambdaSucceeded(let output): return (key(), ["output": .string(output), "outputDetails": notTruncated])
        case .taskScheduled(let integration, let parameters, let timeout, let heartbeat):
            var members = integration.members
            members["region"] = .string(integration.region)
            members["parameters"] = .string(parameters.text())
            members["timeoutInSeconds"] = timeout.map { .int($0) }
            members["heartbeatInSeconds"] = heartbeat.map { .int($0) }
            return (key(), members)
        case .taskStarted(let integration): return (key(), integration.members)
        case .taskSucceeded(let integration, let output):
            var members = integration.members
            members["output"] = .string(output)
            members["outputDetails"] = notTruncated
            return (key(), members)
        case .taskFailed(let integration, let error), .taskTimedOut(let integration, let error):
            var members = integration.members
            for (name, value) in HistoryEvent.members(error) { members[name] = value }
            return (key(), members)
        case .activityScheduled(let resource, let input, let timeout, let heartbeat):
            var members: JSONObject = [
                "resource": .string(resource), "input": .string(input.text()), "inputDetails": notTruncated,
            ]
            members["timeoutInSeconds"] = timeout.map { .int($0) }
            members["heartbeatInSeconds"] = heartbeat.map { .int($0) }
            return (key(), members)
        case .activityStarted(let worker):
            var members = JSONObject()
            members["workerName"] = worker.map { .string($0) }
            return (key(), members)
        case .evaluationFailed(let error, let state):
            var members = HistoryEvent.members(error)
            members["location"] = error.evaluation?.field.map { .string($0) }
            members["state"] = .string(state)
            return (key(), members)
        case .mapRunStarted(let arn): return (key(), ["mapRunArn": .string(arn)])
        case .mapRunRedriven(let arn, let count):
            return (key(), ["mapRunArn": .string(arn), "redriveCount": .int(count)])
        case .redriven(let count): return (key(), ["redriveCount": .int(count)])
        case .mapStarted(let length): return (key(), ["length": .int(length)])
        case .iteration(let name, let index): return (key(), ["name": .string(name), "index": .int(index)])
        case .succeeded(let output):
            return (key(), ["output": .string(output.text()), "outputDetails": notTruncated])
        case .failed(let error): return (key(), HistoryEvent.members(error))
        }
    }

    private static func members(_ error: StateError) -> JSONObject {
        var members = JSONObject()
        if !error.name.isEmpty { members["error"] = .string(error.name) }
        members["cause"] = error.cause.map { .string($0) }
        return members
    }
}

extension HistoryEvent.Integration {
    var members: JSONObject { ["resourceType": .string(resourceType), "resource": .string(resource)] }
}

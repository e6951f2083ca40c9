import Clocks
import JSON

/// What `$$` shows: the execution, the machine, the state and, in a Map, the item.
struct ContextObject {
    let identity: ExecutionIdentity
    let executionInput: JSONValue
    let startTime: Timestamp
    let stateName: String
    let enteredTime: Timestamp
    /// Nil for states that can't be retried.
    let retryCount: Int?
    let item: Scope.Item?

    var json: JSONValue {
        var state: JSONObject = ["Name": .string(stateName), "EnteredTime": .string(enteredTime.iso8601)]
        state["RetryCount"] = retryCount.map { .int($0) }
        var object: JSONObject = [
            "Execution": [
                "Id": .string(identity.arn), "Input": executionInput, "StartTime": .string(startTime.iso8601),
                "Name": .string(identity.name), "RoleArn": .string(identity.roleARN), "RedriveCount": 0,
            ],
            "StateMachine": ["Id": .string(identity.stateMachineARN), "Name": .string(identity.stateMachineName)],
            "State": .object(state),
        ]
        if let item { object["Map"] = ["Item": ["Index": .int(item.index), "Value": item.value]] }
        return .object(object)
    }
}

/// Who an execution is.
package struct ExecutionIdentity: Sendable, Hashable {
    package let arn: String
    package let name: String
    package let stateMachineARN: String
    package let stateMachineName: String
    package let roleARN: String

    package init(arn: String, name: String, stateMachineARN: String, stateMachineName: String, roleARN: String) {
        self.arn = arn
        self.name = name
        self.stateMachineARN = stateMachineARN
        self.stateMachineName = stateMachineName
        self.roleARN = roleARN
    }

    /// The region in the ARN.
    var region: String {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 3 ? String(parts[3]) : ""
    }
}

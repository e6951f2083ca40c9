import Clocks
import Digest
import JSON

/// What `$$` and `$states.context` show: the execution, the machine, the state and, where there is one, the item and
/// the task.
///
/// An object, since the data of a state's expressions is copied often; its JSON is made once, for those that ask.
final class ContextObject {
    let identity: ExecutionIdentity
    let executionInput: JSONValue
    let startTime: Timestamp
    let redriveCount: Int
    let redriveTime: Timestamp?
    let stateName: String
    let enteredTime: Timestamp
    /// Nil for states that can't be retried.
    let retryCount: Int?
    let item: Scope.Item?
    /// What the worker answers with, in states that wait for that.
    let taskToken: String?
    /// Stands for the whole object when a state is tried alone.
    let given: JSONValue?

    private(set) lazy var json = made

    init(
        identity: ExecutionIdentity, executionInput: JSONValue, startTime: Timestamp, redriveCount: Int,
        redriveTime: Timestamp?, stateName: String, enteredTime: Timestamp, retryCount: Int?, item: Scope.Item?,
        taskToken: String?, given: JSONValue?
    ) {
        self.identity = identity
        self.executionInput = executionInput
        self.startTime = startTime
        self.redriveCount = redriveCount
        self.redriveTime = redriveTime
        self.stateName = stateName
        self.enteredTime = enteredTime
        self.retryCount = retryCount
        self.item = item
        self.taskToken = taskToken
        self.given = given
    }

    private var made: JSONValue {
        if let given {
            // No request can say which item an iteration has.
            guard let item, var object = given.objectValue else { return given }
            object["Map"] = item.json
            return .object(object)
        }
        var state: JSONObject = ["Name": .string(stateName), "EnteredTime": .string(enteredTime.iso8601)]
        state["RetryCount"] = retryCount.map { .int($0) }
        var execution: JSONObject = [
            "Id": .string(identity.arn), "Input": executionInput, "StartTime": .string(startTime.iso8601),
            "Name": .string(identity.name), "RoleArn": .string(identity.roleARN), "RedriveCount": .int(redriveCount),
        ]
        execution["RedriveTime"] = redriveTime.map { .string($0.iso8601) }
        var object: JSONObject = [
            "Execution": .object(execution),
            "StateMachine": ["Id": .string(identity.stateMachineARN), "Name": .string(identity.stateMachineName)],
            "State": .object(state),
        ]
        if let item { object["Map"] = item.json }
        if let taskToken { object["Task"] = ["Token": .string(taskToken)] }
        return .object(object)
    }
}

extension Scope.Item {
    /// The context object's `Map`.
    fileprivate var json: JSONValue { ["Item": ["Index": .int(index), "Value": value]] }
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

    /// The same ARN with another kind of resource: `mapRun` for `execution`.
    func arn(kind: String, resource: String) -> String {
        var parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 5 else { return resource }
        parts[5] = kind
        return (parts.prefix(6) + [resource]).joined(separator: ":")
    }
}

/// What a worker or a callback answers with: the execution and the attempt that waits.
package struct CallbackToken: Sendable, Hashable {
    package let executionARN: String
    package let token: TaskToken

    package init(executionARN: String, token: TaskToken) {
        self.executionARN = executionARN
        self.token = token
    }

    /// Reads what ``text`` gives; nil for other texts.
    package init?(_ text: String) {
        guard let bytes = Base64.decodeUnpadded(text) else { return nil }
        let plain = String(decoding: bytes, as: UTF8.self)
        guard let separator = plain.lastIndex(of: "#"),
            let token = TaskToken(String(plain[plain.index(after: separator)...]))
        else { return nil }
        self.init(executionARN: String(plain[..<separator]), token: token)
    }

    package var text: String { Base64.encode(Array("\(executionARN)#\(token)".utf8)) }
}

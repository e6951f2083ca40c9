import JSON

/// A Task state: has somebody else do the work.
package struct TaskState: Sendable {
    /// Who does it.
    package enum Resource: Sendable, Hashable {
        /// A function's ARN: the payload is the state's input, the result its answer.
        case function(arn: String)
        /// `arn:aws:states:::lambda:invoke`: function and payload are parameters, the answer comes in an envelope.
        case invoke
    }

    package enum Seconds: Sendable, Hashable {
        case fixed(Int)
        case path(JSONPath)
    }

    /// `Resource` as it is written.
    package let resourceText: String
    package let resource: Resource
    package let parameters: PayloadTemplate?
    package let resultSelector: PayloadTemplate?
    package let resultPath: PathChoice
    package let timeout: Seconds?
    package let heartbeat: Seconds?

    static func read(_ fields: FieldReader) -> TaskState? {
        let parameters = fields.template("Parameters")
        let selector = fields.template("ResultSelector")
        let resultPath = fields.optionalPath("ResultPath", isReference: true)
        let timeout = seconds("TimeoutSeconds", fields)
        let heartbeat = seconds("HeartbeatSeconds", fields)
        if case .fixed(let timeout) = timeout, case .fixed(let heartbeat) = heartbeat, heartbeat >= timeout {
            fields.report("HeartbeatSeconds", "must be less than TimeoutSeconds")
        }
        fields.refuse(["Credentials"], because: "roles of other accounts come later")
        guard let text = fields.string("Resource", isRequired: true) else { return nil }
        guard let resource = resource(text, fields) else { return nil }
        if resource == .invoke, fields.object["Parameters"] == nil {
            fields.reportHere("lambda:invoke needs Parameters with a FunctionName")
        }
        return TaskState(
            resourceText: text, resource: resource, parameters: parameters, resultSelector: selector,
            resultPath: resultPath,
            timeout: timeout, heartbeat: heartbeat)
    }

    private static func resource(_ text: String, _ fields: FieldReader) -> Resource? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 6, parts[0] == "arn" else {
            fields.report("Resource", "'\(text)' is no ARN")
            return nil
        }
        switch (parts[2], parts[5]) {
        case ("lambda", "function") where parts.count >= 7: return .function(arn: text)
        case ("states", "lambda") where parts.count == 7 && parts[6] == "invoke": return .invoke
        case ("states", "activity"): fields.report("Resource", "is an activity, and activities are not supported")
        case ("states", _):
            let service = parts[5...].joined(separator: ":")
            let pattern =
                service.contains(".waitForTaskToken")
                ? "callbacks (.waitForTaskToken)"
                : service.contains(".sync") ? "jobs waited for (.sync)" : "this service integration"
            fields.report("Resource", "'\(service)': \(pattern) is not supported")
        default: fields.report("Resource", "'\(text)' is no function and no service integration that is supported")
        }
        return nil
    }

    private static func seconds(_ field: String, _ fields: FieldReader) -> Seconds? {
        let fixed = fields.integer(field, in: 1...99_999_999)
        let path = fields.path("\(field)Path")
        if fixed != nil, path != nil { fields.reportHere("a state has either \(field) or \(field)Path, not both") }
        return path.map { .path($0) } ?? fixed.map { .fixed($0) }
    }
}

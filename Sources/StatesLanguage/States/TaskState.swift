import JSON

/// A Task state: has somebody else do the work.
package struct TaskState: Sendable {
    /// Who does it.
    package enum Resource: Sendable, Hashable {
        /// A function's ARN: the payload is the state's input, the result its answer.
        case function(arn: String)
        /// An activity's ARN: a worker asks for the work.
        case activity(arn: String)
        case service(ServiceIntegration)
    }

    /// `Resource` as it is written.
    package let resourceText: String
    package let resource: Resource
    package let arguments: StateTemplate?
    package let resultSelector: PayloadTemplate?
    package let resultPath: PathChoice
    package let timeout: NumberSource?
    package let heartbeat: NumberSource?
    /// Accepted and checked; one account runs all locally.
    package let credentials: StateTemplate?

    static func read(_ fields: FieldReader) -> TaskState? {
        let isJSONPath = fields.language == .jsonPath
        let arguments = fields.template(isJSONPath ? "Parameters" : "Arguments")
        let selector = isJSONPath ? fields.payloadTemplate("ResultSelector") : nil
        let resultPath = isJSONPath ? fields.optionalPath("ResultPath", isReference: true) : .whole
        let timeout = fields.numberSource("TimeoutSeconds", in: 1...99_999_999)
        let heartbeat = fields.numberSource("HeartbeatSeconds", in: 1...99_999_999)
        if case .fixed(let timeout) = timeout, case .fixed(let heartbeat) = heartbeat, heartbeat >= timeout {
            fields.report("HeartbeatSeconds", "must be less than TimeoutSeconds")
        }
        let credentials = readCredentials(fields)
        guard let text = fields.string("Resource", isRequired: true) else { return nil }
        guard let resource = resource(text, fields) else { return nil }
        if resource == .service(.lambdaInvoke), arguments == nil {
            fields.reportHere("lambda:invoke needs \(isJSONPath ? "Parameters" : "Arguments") with a FunctionName")
        }
        return TaskState(
            resourceText: text, resource: resource, arguments: arguments, resultSelector: selector,
            resultPath: resultPath, timeout: timeout, heartbeat: heartbeat, credentials: credentials)
    }

    private static func resource(_ text: String, _ fields: FieldReader) -> Resource? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 6, parts[0] == "arn" else {
            notRecognised(text, fields)
            return nil
        }
        switch (parts[2], parts[5]) {
        case ("lambda", "function") where parts.count >= 7: return .function(arn: text)
        case ("states", "activity") where parts.count == 7:
            if fields.reader.machineType == .express {
                fields.reader.report(
                    "Express state machine does not support Activity ARN", at: fields.path + ["Resource"])
            }
            return .activity(arn: text)
        case ("states", _):
            guard let service = ServiceIntegration(parts[5...].map(String.init)), ServiceCatalog.supports(service)
            else {
                notRecognised(text, fields)
                return nil
            }
            if fields.reader.machineType == .express, service.pattern != .requestResponse {
                // The second of the recorded messages has two blanks.
                let pattern =
                    service.pattern == .waitForTaskToken
                    ? "'.waitForTaskToken' service integration " : "'.sync' service integration"
                fields.reader.report(
                    "Express state machine does not support \(pattern)", at: fields.path + ["Resource"])
            }
            return .service(service)
        default: notRecognised(text, fields)
        }
        return nil
    }

    private static func notRecognised(_ text: String, _ fields: FieldReader) {
        fields.reader.report(
            "The resource provided \(text) is not recognized. The value is not a valid resource ARN, or the resource is "
                + "not available in this region.", at: fields.path + ["Resource"])
    }

    private static func readCredentials(_ fields: FieldReader) -> StateTemplate? {
        guard let value = fields.value("Credentials") else { return nil }
        if let object = value.objectValue, object["RoleArn"] == nil, object["RoleArn.$"] == nil {
            fields.reader.report(
                "The field 'RoleArn' is required but was missing", at: fields.path + ["Credentials"])
        }
        return fields.template("Credentials")
    }
}

/// A service's action as a task: `lambda:invoke`, `states:startExecution.sync:2`, `aws-sdk:dynamodb:putItem`.
package struct ServiceIntegration: Sendable, Hashable {
    /// What the state waits for.
    package enum Pattern: String, Sendable, Hashable {
        /// The call's answer.
        case requestResponse = ""
        /// The end of the job that was begun.
        case sync = ".sync"
        /// The same; a nested execution's output is JSON and no text.
        case sync2 = ".sync:2"
        /// That somebody answers with the task's token.
        case waitForTaskToken = ".waitForTaskToken"
    }

    /// `lambda`, `aws-sdk:dynamodb`.
    package let service: String
    /// `invoke`.
    package let action: String
    package let pattern: Pattern

    package static let lambdaInvoke = ServiceIntegration(
        service: "lambda", action: "invoke", pattern: .requestResponse)

    package init(service: String, action: String, pattern: Pattern) {
        self.service = service
        self.action = action
        self.pattern = pattern
    }

    /// The parts of an ARN behind `arn:aws:states:::`.
    init?(_ parts: [String]) {
        var parts = parts
        var service = parts.removeFirst()
        if service == "aws-sdk", !parts.isEmpty { service += ":" + parts.removeFirst() }
        guard let action = parts.first, !service.isEmpty, !action.isEmpty else { return nil }
        let rest = parts.joined(separator: ":")
        for pattern in [Pattern.sync2, .sync, .waitForTaskToken] where rest.hasSuffix(pattern.rawValue) {
            self.init(service: service, action: String(rest.dropLast(pattern.rawValue.count)), pattern: pattern)
            return
        }
        guard parts.count == 1, !action.contains(".") else { return nil }
        self.init(service: service, action: action, pattern: .requestResponse)
    }

    /// As history events name it: `startExecution.sync:2`.
    package var resource: String { action + pattern.rawValue }

    /// `states:startExecution`, by which a router maps it to whoever does it.
    package var name: String { "\(service):\(action)" }
}

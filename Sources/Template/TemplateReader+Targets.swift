import JSON
import YAML

extension TemplateReader {
    /// The target that an ARN names; nil when a local run has no such target, which is reported.
    mutating func targetKind(_ arn: String, at position: YAMLPosition) -> Application.Target.Kind? {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 6, parts[0] == "arn" else {
            report(.unknownTarget, at: position, "a target is given by its ARN; this is none")
            return nil
        }
        switch (parts[2], parts[5]) {
        case ("lambda", "function"):
            pendingFunctions.append((logicalID, arn, position))
            return .function(parts.count > 6 ? parts[6] : "")
        case ("states", "stateMachine"):
            pendingFunctions.append((logicalID, arn, position))
            return .stateMachine(parts.prefix(7).joined(separator: ":"))
        case ("sqs", _):
            pendingQueues.append((logicalID, arn, position))
            return .queue(arn)
        case ("sns", _): return .topic(arn)
        default:
            warn(
                .unknownTarget, at: position,
                "a target of the service \(parts[2]) gets no events in a local run; functions, state machines, queues and "
                    + "topics do")
            return nil
        }
    }

    /// Reports names of functions and state machines that the application does not have, and gives buckets the
    /// notifications that functions asked for.
    mutating func resolveTargets() {
        for (bucket, notification) in pendingNotifications {
            guard let index = application.buckets.firstIndex(where: { $0.logicalID == bucket }) else { continue }
            application.buckets[index].notifications.append(notification)
        }
        for (id, arn, position) in pendingFunctions {
            logicalID = id
            let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            if parts.count > 6, parts[2] == "states" {
                let machine = parts.prefix(7).joined(separator: ":")
                if !hasStateMachine(machine) {
                    report(.unknownTarget, at: position, "the template has no state machine \(parts[6])")
                }
            } else if parts.count < 7 || !hasFunction(parts[6]) {
                report(
                    .unknownFunction, at: position,
                    "the template has no function \(parts.count > 6 ? parts[6] : "\"\(arn)\"")")
            }
        }
        logicalID = nil
    }

    /// Whether the template has a function of this name; one that could not be read counts, since that was reported.
    func hasFunction(_ name: String) -> Bool {
        resources.contains { $0.type == "AWS::Serverless::Function" && physicalNames[$0.logicalID] == name }
    }

    private func hasStateMachine(_ arn: String) -> Bool {
        resources.contains { resource in
            guard ["AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"].contains(resource.type),
                let name = physicalNames[resource.logicalID]
            else { return false }
            return account.stateMachineARN(name) == arn
        }
    }

    /// What a target is given: its `Input`, `InputPath` or `InputTransformer`.
    mutating func targetInput(_ value: TemplateValue) -> Application.Target.Input {
        let names = ["Input", "InputPath", "InputTransformer"].filter { value[$0] != nil }
        if names.count > 1 {
            report(
                .invalidValue, at: value.position, "a target has one of Input, InputPath and InputTransformer at most")
        }
        if let input = text(value["Input"], "Input") {
            do throws(JSONError) {
                _ = try JSONValue(parsing: input)
            } catch {
                report(.invalidValue, at: value["Input"]?.position ?? value.position, "Input is a JSON text: \(error)")
            }
            return .constant(input)
        }
        if let path = text(value["InputPath"], "InputPath") { return .path(path) }
        if let transformer = value["InputTransformer"] {
            check(transformer, MappingShape(subject: "InputTransformer", used: ["InputPathsMap", "InputTemplate"]))
            var paths: [String: String] = [:]
            for member in members(transformer["InputPathsMap"], "InputPathsMap") {
                if let path = text(member.value, member.key) { paths[member.key] = path }
            }
            guard let template = text(transformer["InputTemplate"], "InputTemplate") else {
                if !transformer.isIncomplete {
                    report(.missingProperty, at: transformer.position, "InputTransformer has an InputTemplate")
                }
                return .event
            }
            return .transformer(paths: paths, template: template)
        }
        return .event
    }

    mutating func retryPolicy(_ value: TemplateValue?) -> Application.RetryPolicy {
        var policy = Application.RetryPolicy()
        guard let value else { return policy }
        check(
            value,
            MappingShape(subject: "RetryPolicy", used: ["MaximumEventAgeInSeconds", "MaximumRetryAttempts"]))
        if let attempts = integer(value["MaximumRetryAttempts"], "MaximumRetryAttempts", in: 0...185) {
            policy.maximumRetryAttempts = attempts
        }
        if let age = integer(value["MaximumEventAgeInSeconds"], "MaximumEventAgeInSeconds", in: 60...86_400) {
            policy.maximumEventAgeSeconds = age
        }
        return policy
    }

    /// The ARN of the queue for what could not be delivered.
    ///
    /// - Parameter owner: The logical id that SAM would begin a generated queue's with; nil where SAM makes none.
    mutating func deadLetterARN(_ value: TemplateValue?, owner: String?) -> String? {
        guard let value else { return nil }
        check(
            value,
            MappingShape(
                subject: "DeadLetterConfig", used: owner == nil ? ["Arn"] : ["Arn", "QueueLogicalId", "Type"]))
        if let arn = text(value["Arn"], "Arn") { return arn }
        guard let owner, text(value["Type"], "Type") == "SQS" else {
            if !value.isIncomplete {
                report(.missingProperty, at: value.position, "DeadLetterConfig has the Arn of a queue")
            }
            return nil
        }
        let id = text(value["QueueLogicalId"], "QueueLogicalId") ?? "\(owner)Queue"
        let name = account.generatedName(for: id)
        if !application.queues.contains(where: { $0.logicalID == id }) {
            application.queues.append(
                Application.Queue(
                    logicalID: id, name: name, arn: account.queueARN(name), position: place(value.position)))
        }
        return account.queueARN(name)
    }

    /// `State: ENABLED` or `DISABLED`, or the older `Enabled: true`.
    mutating func isEnabled(_ value: TemplateValue) -> Bool {
        if let enabled = bool(value["Enabled"], "Enabled") { return enabled }
        guard let stateValue = value["State"], let state = text(stateValue, "State") else { return true }
        switch state {
        case "ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS": return true
        case "DISABLED": return false
        default:
            report(.invalidValue, at: stateValue.position, "State is ENABLED or DISABLED")
            return true
        }
    }

    /// A pattern as JSON and the places of its parts; nil when it is not known in full.
    mutating func pattern(
        _ value: TemplateValue
    ) -> (json: JSONValue, positions: [[String]: TemplatePosition])? {
        if value.isIncomplete { return nil }
        if let text = value.text {
            do throws(JSONError) {
                return (try JSONValue(parsing: text), [[]: place(value.position)])
            } catch {
                report(.invalidValue, at: value.position, "an event pattern is an object: \(error)")
                return nil
            }
        }
        guard value.members != nil else {
            report(.invalidValue, at: value.position, "an event pattern is an object; this is \(value.kindName)")
            return nil
        }
        var positions: [[String]: TemplatePosition] = [[]: place(value.position)]
        collectPositions(value, [], &positions)
        return (value.json, positions)
    }

    private func collectPositions(
        _ value: TemplateValue, _ path: [String], _ positions: inout [[String]: TemplatePosition]
    ) {
        for member in value.members ?? [] {
            positions[path + [member.key]] = place(member.keyPosition)
            collectPositions(member.value, path + [member.key], &positions)
        }
        for (index, element) in (value.elements ?? []).enumerated() {
            positions[path + [String(index)]] = place(element.position)
            collectPositions(element, path + [String(index)], &positions)
        }
    }
}

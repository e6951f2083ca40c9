import YAML

extension TemplateReader {
    /// An entry of a function's or state machine's `Events`.
    struct Event {
        let name: String
        let type: String
        let properties: YAMLNode?
        let position: YAMLPosition
        /// The logical id that SAM gives the rule or schedule.
        let logicalID: String
    }

    /// Types that SAM has and a local run does not.
    private static let otherEventTypes: Set<String> = [
        "AlexaSkill", "Api", "CloudWatchLogs", "Cognito", "DocumentDB", "DynamoDB", "HttpApi", "IoTRule", "Kinesis",
        "MQ",
        "MSK", "SNS", "SQS", "SelfManagedKafka",
    ]
    private static let ruleEventShape = MappingShape(
        subject: "an EventBridgeRule event",
        used: [
            "DeadLetterConfig", "Enabled", "EventBusName", "Input", "InputPath", "InputTransformer", "Pattern",
            "RetryPolicy",
            "RuleName", "State", "Target",
        ])
    private static let scheduleEventShape = MappingShape(
        subject: "a Schedule event",
        used: [
            "DeadLetterConfig", "Enabled", "Input", "Name", "RetryPolicy", "RuleName", "Schedule", "State", "Target",
        ],
        ignored: ["Description", "RoleArn"])
    private static let schedulerEventShape = MappingShape(
        subject: "a ScheduleV2 event",
        used: [
            "DeadLetterConfig", "EndDate", "FlexibleTimeWindow", "GroupName", "Input", "Name", "RetryPolicy",
            "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "State",
        ], ignored: ["Description", "KmsKeyArn", "OmitName", "PermissionsBoundary", "RoleArn"])

    mutating func events(of resource: Resource) -> [Event] {
        guard let section = resource.properties?["Events"] else { return [] }
        guard let entries = section.mapping, TemplateFunction(section) == nil else {
            report(.invalidValue, at: section.position, "Events is a mapping of names to events")
            return []
        }
        var events: [Event] = []
        for entry in entries {
            check(
                entry.value.mapping?.map { ($0.key, $0.keyPosition) } ?? [],
                MappingShape(subject: "an event", used: ["Type", "Properties"]))
            guard let type = entry.value["Type"]?.scalar?.text else {
                report(.missingProperty, at: entry.keyPosition, "the event \(entry.key) has no Type")
                continue
            }
            events.append(
                Event(
                    name: entry.key, type: type, properties: entry.value["Properties"], position: entry.keyPosition,
                    logicalID: resource.logicalID + entry.key))
        }
        return events
    }

    mutating func readFunctionEvent(_ event: Event, of resource: Resource, named name: String) {
        if event.type == "S3" {
            readBucketEvent(event, functionARN: account.functionARN(name))
        } else if event.type == "SQS" {
            readQueueEvent(event, functionARN: account.functionARN(name))
        } else {
            readEvent(event, of: .function(name), arn: account.functionARN(name))
        }
    }

    /// Reads what may start a function and a state machine alike.
    mutating func readEvent(_ event: Event, of kind: Application.Target.Kind, arn: String) {
        switch event.type {
        case "EventBridgeRule", "CloudWatchEvent": readRuleEvent(event, kind, arn)
        case "Schedule": readScheduleEvent(event, kind, arn)
        case "ScheduleV2": readSchedulerEvent(event, kind, arn)
        case _ where TemplateReader.otherEventTypes.contains(event.type):
            warn(
                .unsupportedProperty, at: event.position,
                "the event \(event.name) of type \(event.type) is not delivered in a local run")
        default:
            report(.invalidValue, at: event.position, "the event \(event.name) has the unknown type \(event.type)")
        }
    }

    private mutating func properties(of event: Event, _ shape: MappingShape) -> TemplateValue {
        let value = event.properties.map { evaluate($0) } ?? TemplateValue(.map([]), at: event.position)
        check(value, shape)
        return value
    }

    private mutating func readBucketEvent(_ event: Event, functionARN: String) {
        let value = properties(of: event, MappingShape(subject: "an S3 event", used: ["Bucket", "Events", "Filter"]))
        guard let node = event.properties?["Bucket"] else {
            report(.missingProperty, at: event.position, "the event \(event.name) has no Bucket")
            return
        }
        let function = TemplateFunction(node)
        guard let id = function?.name == "Ref" ? function?.argument.scalar?.text : node.scalar?.text,
            let bucket = resource(id), bucket.type == "AWS::S3::Bucket"
        else {
            if !value.isIncomplete {
                report(
                    .invalidValue, at: node.position,
                    "the Bucket of an S3 event is a Ref to a bucket of this template")
            }
            return
        }
        guard let types = value["Events"] else {
            report(.missingProperty, at: event.position, "the event \(event.name) has no Events")
            return
        }
        let names = types.text.map { [$0] } ?? elements(types, "Events").compactMap(\.text)
        let filter = notificationFilter(value["Filter"])
        pendingNotifications.append(
            (
                id,
                Application.Notification(
                    events: names, prefix: filter.prefix, suffix: filter.suffix, functionARN: functionARN,
                    position: place(event.position))
            ))
    }

    private mutating func target(
        _ value: TemplateValue, _ event: Event, _ kind: Application.Target.Kind, _ arn: String
    ) -> Application.Target {
        if let own = value["Target"] { check(own, MappingShape(subject: "Target", used: ["Id"])) }
        return Application.Target(
            id: text(value["Target"]?["Id"], "Id") ?? "\(event.logicalID)Target", kind: kind, arn: arn,
            input: targetInput(value), retryPolicy: retryPolicy(value["RetryPolicy"]),
            deadLetterARN: deadLetterARN(value["DeadLetterConfig"], owner: event.logicalID),
            position: place(event.position))
    }

    private mutating func readRuleEvent(_ event: Event, _ kind: Application.Target.Kind, _ arn: String) {
        let value = properties(of: event, TemplateReader.ruleEventShape)
        guard let patternValue = value["Pattern"] else {
            if !value.isIncomplete {
                report(.missingProperty, at: event.position, "the event \(event.name) has no Pattern")
            }
            return
        }
        guard let pattern = pattern(patternValue) else { return }
        let name = text(value["RuleName"], "RuleName") ?? account.generatedName(for: event.logicalID)
        let bus = eventBus(value["EventBusName"])
        application.rules.append(
            Application.Rule(
                logicalID: event.logicalID, name: name, arn: account.ruleARN(name, bus: bus), eventBus: bus,
                isEnabled: isEnabled(value), pattern: pattern.json, targets: [target(value, event, kind, arn)],
                position: place(event.position), patternPositions: pattern.positions))
    }

    private mutating func readScheduleEvent(_ event: Event, _ kind: Application.Target.Kind, _ arn: String) {
        let value = properties(of: event, TemplateReader.scheduleEventShape)
        guard let expressionValue = value["Schedule"], let expression = text(expressionValue, "Schedule") else {
            if !value.isIncomplete {
                report(.missingProperty, at: event.position, "the event \(event.name) has no Schedule")
            }
            return
        }
        let name = text(value["Name"] ?? value["RuleName"], "Name") ?? account.generatedName(for: event.logicalID)
        application.schedules.append(
            Application.Schedule(
                logicalID: event.logicalID, name: name, arn: account.ruleARN(name, bus: "default"), origin: .rule,
                expression: expression, expressionPosition: place(expressionValue.position),
                isEnabled: isEnabled(value),
                startDate: nil, endDate: nil, targets: [target(value, event, kind, arn)],
                position: place(event.position)))
    }

    private mutating func readSchedulerEvent(_ event: Event, _ kind: Application.Target.Kind, _ arn: String) {
        let value = properties(of: event, TemplateReader.schedulerEventShape)
        let name = text(value["Name"], "Name") ?? account.generatedName(for: event.logicalID)
        addSchedule(
            value, logicalID: event.logicalID, name: name, target: target(value, event, kind, arn), at: event.position)
    }
}

import YAML

extension TemplateReader {
    private static let ruleTargetShape = MappingShape(
        subject: "a target",
        used: ["Arn", "DeadLetterConfig", "Id", "Input", "InputPath", "InputTransformer", "RetryPolicy"],
        ignored: ["RoleArn"],
        missing: [
            "AppSyncParameters", "BatchParameters", "EcsParameters", "HttpParameters", "KinesisParameters",
            "RedshiftDataParameters", "RunCommandParameters", "SageMakerPipelineParameters", "SqsParameters",
        ])

    mutating func readRule(_ resource: Resource) {
        checkProperties(
            of: resource,
            MappingShape(
                subject: "a rule",
                used: ["EventBusName", "EventPattern", "Name", "ScheduleExpression", "State", "Targets"],
                ignored: ["Description", "RoleArn", "Tags"]))
        guard let name = checkedName(of: resource, .rule) else { return }
        let properties = evaluated(resource)
        let bus = eventBus(properties["EventBusName"])
        var targets: [Application.Target] = []
        for value in elements(properties["Targets"], "Targets") {
            check(value, TemplateReader.ruleTargetShape)
            guard let arnValue = value["Arn"], let arn = text(arnValue, "Arn") else {
                if !value.isIncomplete { report(.missingProperty, at: value.position, "a target has an Arn") }
                continue
            }
            guard let kind = targetKind(arn, at: arnValue.position) else { continue }
            targets.append(
                Application.Target(
                    id: text(value["Id"], "Id") ?? "Target\(targets.count)", kind: kind, arn: arn,
                    input: targetInput(value), retryPolicy: retryPolicy(value["RetryPolicy"]),
                    deadLetterARN: deadLetterARN(value["DeadLetterConfig"], owner: nil), position: place(value.position)
                ))
        }
        if properties["EventPattern"] == nil, properties["ScheduleExpression"] == nil, !properties.isIncomplete {
            report(.missingProperty, at: resource.position, "a rule has an EventPattern or a ScheduleExpression")
        }
        if let value = properties["EventPattern"], let pattern = pattern(value) {
            application.rules.append(
                Application.Rule(
                    logicalID: resource.logicalID, name: name, arn: account.ruleARN(name, bus: bus), eventBus: bus,
                    isEnabled: isEnabled(properties), pattern: pattern.json, targets: targets,
                    position: place(resource.position), patternPositions: pattern.positions))
        }
        if let value = properties["ScheduleExpression"], let expression = text(value, "ScheduleExpression") {
            if bus != "default" {
                report(.invalidValue, at: value.position, "a rule with a schedule is on the default event bus")
            }
            application.schedules.append(
                Application.Schedule(
                    logicalID: resource.logicalID, name: name, arn: account.ruleARN(name, bus: bus), origin: .rule,
                    expression: expression, expressionPosition: place(value.position), isEnabled: isEnabled(properties),
                    startDate: nil, endDate: nil, targets: targets, position: place(resource.position)))
        }
    }

    /// All properties of a resource with their functions carried out.
    mutating func evaluated(_ resource: Resource) -> TemplateValue {
        resource.properties.map { evaluate($0) } ?? TemplateValue(.map([]), at: resource.position)
    }

    /// The event bus by its name; an ARN gives its name.
    mutating func eventBus(_ value: TemplateValue?) -> String {
        guard let bus = text(value, "EventBusName") else { return "default" }
        return bus.hasPrefix("arn:") ? String(bus.split(separator: "/").last ?? "default") : bus
    }

    mutating func readSchedule(_ resource: Resource) {
        checkProperties(
            of: resource,
            MappingShape(
                subject: "a schedule",
                used: [
                    "EndDate", "FlexibleTimeWindow", "GroupName", "Name", "ScheduleExpression",
                    "ScheduleExpressionTimezone", "StartDate", "State", "Target",
                ], ignored: ["Description", "KmsKeyArn"]))
        guard let name = checkedName(of: resource, .schedule) else { return }
        let properties = evaluated(resource)
        guard let target = properties["Target"] else {
            if !properties.isIncomplete { report(.missingProperty, at: resource.position, "a schedule has a Target") }
            return
        }
        check(
            target,
            MappingShape(
                subject: "a schedule's target", used: ["Arn", "DeadLetterConfig", "Input", "RetryPolicy"],
                ignored: ["RoleArn"],
                missing: [
                    "EcsParameters", "EventBridgeParameters", "KinesisParameters", "SageMakerPipelineParameters",
                    "SqsParameters",
                ]))
        guard let arnValue = target["Arn"], let arn = text(arnValue, "Arn") else {
            if !target.isIncomplete { report(.missingProperty, at: target.position, "a schedule's target has an Arn") }
            return
        }
        guard let kind = targetKind(arn, at: arnValue.position) else { return }
        let values = Application.Target(
            id: name, kind: kind, arn: arn, input: targetInput(target), retryPolicy: retryPolicy(target["RetryPolicy"]),
            deadLetterARN: deadLetterARN(target["DeadLetterConfig"], owner: nil), position: place(target.position))
        addSchedule(
            properties, logicalID: resource.logicalID, name: name, target: values, at: resource.position)
    }

    /// Adds a schedule of EventBridge Scheduler, from its own resource or an event of SAM's.
    mutating func addSchedule(
        _ properties: TemplateValue, logicalID id: String, name: String, target: Application.Target,
        at position: YAMLPosition
    ) {
        guard let value = properties["ScheduleExpression"], let expression = text(value, "ScheduleExpression") else {
            if !properties.isIncomplete {
                report(.missingProperty, at: position, "a schedule has a ScheduleExpression")
            }
            return
        }
        if let zoneValue = properties["ScheduleExpressionTimezone"],
            let zone = text(zoneValue, "ScheduleExpressionTimezone"),
            !["UTC", "Etc/UTC", "GMT", "Etc/GMT"].contains(zone)
        {
            report(
                .unsupportedProperty, at: zoneValue.position,
                "schedules run in UTC locally; the time zone \(zone) is not known")
        }
        if let window = properties["FlexibleTimeWindow"], text(window["Mode"], "Mode") == "FLEXIBLE" {
            warn(
                .unsupportedProperty, at: window.position,
                "a local run fires at the beginning of a flexible time window")
        }
        let group = text(properties["GroupName"], "GroupName") ?? "default"
        application.schedules.append(
            Application.Schedule(
                logicalID: id, name: name, arn: account.scheduleARN(name, group: group), origin: .scheduler,
                expression: expression, expressionPosition: place(value.position), isEnabled: isEnabled(properties),
                startDate: text(properties["StartDate"], "StartDate"), endDate: text(properties["EndDate"], "EndDate"),
                targets: [target], position: place(position)))
    }
}

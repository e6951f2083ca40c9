import YAML

extension TemplateReader {
    /// Types without a part in a local run; a name that ends in `::` stands for all of a service.
    private static let ignoredTypes = [
        "AWS::IAM::", "AWS::Logs::", "AWS::CloudWatch::", "AWS::KMS::", "AWS::SSM::", "AWS::XRay::", "AWS::Budgets::",
        "AWS::ApplicationInsights::", "AWS::ResourceGroups::", "AWS::Synthetics::", "AWS::CodeDeploy::", "AWS::RUM::",
        "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::Lambda::Permission",
        "AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::Events::EventBus", "AWS::Events::EventBusPolicy",
        "AWS::Scheduler::ScheduleGroup", "AWS::CloudFormation::WaitConditionHandle", "AWS::CDK::Metadata",
        "AWS::StepFunctions::StateMachineVersion", "AWS::StepFunctions::StateMachineAlias", "AWS::EC2::", "AWS::SAM::",
        "AWS::Glue::Database", "AWS::Glue::Table", "AWS::Athena::",
    ]

    mutating func read(_ resource: Resource) {
        if let properties = resource.properties, properties.mapping == nil || TemplateFunction(properties) != nil {
            report(.invalidValue, at: properties.position, "Properties is a mapping")
            return
        }
        switch resource.type {
        case "AWS::Serverless::Function": readFunction(resource)
        case "AWS::S3::Bucket": readBucket(resource)
        case "AWS::DynamoDB::Table": readTable(resource)
        case "AWS::Serverless::SimpleTable": readSimpleTable(resource)
        case "AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine": readStateMachine(resource)
        case "AWS::Events::Rule": readRule(resource)
        case "AWS::Scheduler::Schedule": readSchedule(resource)
        case "AWS::SQS::Queue": readQueue(resource)
        case "AWS::Lambda::EventSourceMapping": readMapping(resource)
        case "AWS::Lambda::Function":
            report(
                .unsupportedResource, at: resource.position,
                "AWS::Lambda::Function is not run locally; write it as AWS::Serverless::Function")
        default: readOther(resource)
        }
    }

    private mutating func readOther(_ resource: Resource) {
        let isIgnored = TemplateReader.ignoredTypes.contains {
            $0 == resource.type || $0.hasSuffix("::") && resource.type.hasPrefix($0)
        }
        guard !isIgnored else {
            ignore(resource)
            return
        }
        let parts = resource.type.split(separator: ":", omittingEmptySubsequences: false)
        let isWellFormed =
            resource.type.hasPrefix("Custom::")
            || parts.count == 5 && parts[1].isEmpty && parts[3].isEmpty
                && !parts[2].isEmpty && !parts[4].isEmpty
        guard isWellFormed else {
            report(.unsupportedResource, at: resource.position, "\"\(resource.type)\" is no type of resource")
            return
        }
        warn(
            .unsupportedResource, at: resource.position,
            "\(resource.type) is not there in a local run; the rest runs without it")
        ignore(resource)
    }

    private mutating func ignore(_ resource: Resource) {
        application.ignoredLocally.append(
            Application.IgnoredResource(
                logicalID: resource.logicalID, type: resource.type, position: place(resource.position)))
    }

    mutating func readSensors(_ section: YAMLNode?) {
        guard let section else { return }
        let turntable = evaluate(section)
        check(turntable, MappingShape(subject: "Metadata.Turntable", used: ["Sensors", "Integrations", "Simulation"]))
        for value in elements(turntable["Sensors"], "Sensors") { readSensor(value) }
        readIntegrations(turntable["Integrations"])
        if let simulation = turntable["Simulation"] { readSimulation(simulation) }
    }

    private mutating func readSimulation(_ value: TemplateValue) {
        check(value, MappingShape(subject: "Metadata.Turntable.Simulation", used: ["Files", "Invariants"]))
        guard let files = text(value["Files"], "Files"), let invariants = text(value["Invariants"], "Invariants") else {
            report(
                .missingProperty, at: value.position,
                "Metadata.Turntable.Simulation names two programs: Files, which writes a world's files, and Invariants, which "
                    + "looks at what became of them")
            return
        }
        application.simulation = Application.Simulation(files: files, invariants: invariants)
    }

    /// `glue:startJobRun: FUNCTION`: a function that stands for a service's action in state machines.
    private mutating func readIntegrations(_ value: TemplateValue?) {
        guard let value else { return }
        for member in members(value, "Integrations") {
            guard let named = text(member.value, member.key) else { continue }
            guard
                let function = application.functions.first(where: {
                    $0.logicalID == named || $0.name == named || $0.arn == named
                })
            else {
                report(
                    .unknownReference, at: member.value.position,
                    "the integration \(member.key) names \"\(named)\", which is no function's logical id, name or ARN")
                continue
            }
            guard member.key.split(separator: ":").count >= 2 else {
                report(
                    .invalidValue, at: member.value.position,
                    "an integration is named SERVICE:ACTION, not \(member.key)")
                continue
            }
            application.integrations[member.key] = function.name
        }
    }

    private mutating func readSensor(_ value: TemplateValue) {
        check(
            value,
            MappingShape(subject: "a sensor", used: ["Name", "Bucket", "Prefix", "Wildcard", "IntervalSeconds"]))
        let prefix = text(value["Prefix"], "Prefix") ?? ""
        let interval = integer(value["IntervalSeconds"], "IntervalSeconds", in: 1...86_400) ?? 60
        guard let name = text(value["Name"], "Name"), NameRule.sensor.accepts(name) else {
            report(.missingProperty, at: value.position, "a sensor has a Name of \(NameRule.sensor.words)")
            return
        }
        guard let bucketNode = value["Bucket"] else {
            report(.missingProperty, at: value.position, "the sensor \(name) has no Bucket")
            return
        }
        guard let bucket = text(bucketNode, "Bucket") else {
            if bucketNode.isUnknown {
                report(
                    .unknownReference, at: bucketNode.position,
                    "the bucket of the sensor \(name) is not in the template")
            }
            return
        }
        guard let known = application.buckets.first(where: { $0.logicalID == bucket || $0.name == bucket }) else {
            report(
                .unknownReference, at: bucketNode.position,
                "the sensor \(name) watches \"\(bucket)\", which is neither a bucket's logical id nor its name")
            return
        }
        if application.sensors.contains(where: { $0.name == name }) {
            report(.duplicateName, at: value.position, "a second sensor has the name \(name)")
            return
        }
        application.sensors.append(
            Application.Sensor(
                name: name, bucket: known.name, prefix: prefix, wildcard: text(value["Wildcard"], "Wildcard"),
                intervalSeconds: interval, position: place(value.position)))
    }

    /// Reports resources of one kind that have one name.
    mutating func checkNames() {
        let all: [(kind: String, id: String, name: String, position: TemplatePosition)] =
            application.functions.map { ("function", $0.logicalID, $0.name, $0.position) }
            + application.buckets.map { ("bucket", $0.logicalID, $0.name, $0.position) }
            + application.tables.map { ("table", $0.logicalID, $0.name, $0.position) }
            + application.stateMachines.map { ("state machine", $0.logicalID, $0.name, $0.position) }
            + application.queues.map { ("queue", $0.logicalID, $0.name, $0.position) }
            + application.rules.map { ("rule", $0.logicalID, $0.arn, $0.position) }
            + application.schedules.map { ("schedule", $0.logicalID, $0.arn, $0.position) }
        var first: [String: TemplatePosition] = [:]
        for entry in all {
            let key = "\(entry.kind) \(entry.name)"
            if let earlier = first[key], earlier != entry.position {
                logicalID = entry.id
                report(
                    .duplicateName, at: entry.position,
                    "another \(entry.kind) has the name \"\(entry.name)\", in line \(earlier.line)")
                logicalID = nil
            } else {
                first[key] = entry.position
            }
        }
    }
}

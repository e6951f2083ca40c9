import YAML

extension TemplateReader {
    static let pseudoParameters: Set<String> = [
        "AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId",
        "AWS::StackName", "AWS::URLSuffix",
    ]

    /// What `Ref` gives for `name`.
    mutating func value(of name: String, at position: YAMLPosition) -> TemplateValue {
        switch name {
        case "AWS::AccountId": return TemplateValue(text: account.accountID, at: position)
        case "AWS::NoValue": return TemplateValue(.absent, at: position)
        case "AWS::NotificationARNs": return TemplateValue(.list([]), at: position)
        case "AWS::Partition": return TemplateValue(text: account.partition, at: position)
        case "AWS::Region": return TemplateValue(text: account.region, at: position)
        case "AWS::StackId": return TemplateValue(text: account.stackID, at: position)
        case "AWS::StackName": return TemplateValue(text: account.stackName, at: position)
        case "AWS::URLSuffix": return TemplateValue(text: account.urlSuffix, at: position)
        default: break
        }
        if let parameter = parameters[name] { return parameter }
        if let resource = resource(name) {
            return text(referenceText(of: resource, at: position), at: position)
        }
        if let owner = roleOwner(name) {
            return text(account.generatedName(for: "\(owner)Role"), at: position)
        }
        if generatedQueues.contains(name) { return text(queueURL(account.generatedName(for: name)), at: position) }
        return TemplateValue(.unknown, at: position)
    }

    private func text(_ text: String?, at position: YAMLPosition) -> TemplateValue {
        text.map { TemplateValue(text: $0, at: position) } ?? TemplateValue(.unknown, at: position)
    }

    /// The resource for which SAM makes the role that `logicalID` names.
    func roleOwner(_ logicalID: String) -> String? {
        guard logicalID.hasSuffix("Role"), let owner = resource(String(logicalID.dropLast(4))),
            ["AWS::Serverless::Function", "AWS::Serverless::StateMachine"].contains(owner.type)
        else { return nil }
        return owner.logicalID
    }

    private func queueURL(_ name: String) -> String {
        "https://sqs.\(account.region).\(account.urlSuffix)/\(account.accountID)/\(name)"
    }

    private mutating func referenceText(of resource: Resource, at position: YAMLPosition) -> String? {
        guard let name = physicalName(of: resource, at: position) else { return nil }
        switch resource.type {
        case "AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine": return account.stateMachineARN(name)
        case "AWS::SQS::Queue": return queueURL(name)
        case "AWS::SNS::Topic": return account.arn("sns", name)
        default: return name
        }
    }

    /// The name a resource has outside the template: its own name property, or one made of the stack's name.
    ///
    /// Nil when the name can't be found out, which is reported when the resource itself is read.
    mutating func physicalName(of resource: Resource, at position: YAMLPosition) -> String? {
        if let known = physicalNames[resource.logicalID] { return known }
        let generated = TemplateReader.generatedName(for: resource, in: account)
        guard let property = TemplateReader.nameProperties[resource.type], let node = resource.properties?[property]
        else {
            physicalNames[resource.logicalID] = generated
            return generated
        }
        // A name that refers to itself: a circular dependency, which is reported as such.
        guard openNames.insert(resource.logicalID).inserted else { return nil }
        defer { openNames.remove(resource.logicalID) }
        guard referenceDepth < TemplateReader.maximumReferenceDepth else {
            report(
                .invalidValue, at: position,
                "references behind references, more than \(TemplateReader.maximumReferenceDepth) deep")
            return nil
        }
        let reading = logicalID
        logicalID = resource.logicalID
        referenceDepth += 1
        let value = evaluate(node)
        referenceDepth -= 1
        logicalID = reading
        let name = value.isAbsent ? generated : value.text
        physicalNames[resource.logicalID] = name
        return name
    }

    private static let nameProperties = [
        "AWS::Serverless::Function": "FunctionName", "AWS::S3::Bucket": "BucketName",
        "AWS::Serverless::SimpleTable": "TableName", "AWS::DynamoDB::Table": "TableName",
        "AWS::Serverless::StateMachine": "Name", "AWS::StepFunctions::StateMachine": "StateMachineName",
        "AWS::Events::Rule": "Name", "AWS::Scheduler::Schedule": "Name", "AWS::Scheduler::ScheduleGroup": "Name",
        "AWS::SQS::Queue": "QueueName", "AWS::SNS::Topic": "TopicName", "AWS::IAM::Role": "RoleName",
        "AWS::Logs::LogGroup": "LogGroupName", "AWS::Events::EventBus": "Name",
        "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::CloudWatch::Alarm": "AlarmName",
    ]

    private static func generatedName(for resource: Resource, in account: AccountContext) -> String {
        let name = account.generatedName(for: resource.logicalID)
        // Buckets have no capitals in their names.
        return resource.type == "AWS::S3::Bucket" ? name.lowercased() : name
    }

    /// What `Fn::GetAtt` gives.
    mutating func attributeValue(_ id: String, _ attribute: String, at position: YAMLPosition) -> TemplateValue {
        if roleOwner(id) != nil, attribute == "Arn", resource(id) == nil {
            return TemplateValue(text: account.roleARN(account.generatedName(for: id)), at: position)
        }
        if generatedQueues.contains(id), attribute == "Arn", resource(id) == nil {
            return TemplateValue(text: account.queueARN(account.generatedName(for: id)), at: position)
        }
        guard let resource = resource(id) else { return TemplateValue(.unknown, at: position) }
        guard let name = physicalName(of: resource, at: position) else { return TemplateValue(.unknown, at: position) }
        let attributes = attributeValues(of: resource, name)
        if let value = attributes[attribute] { return TemplateValue(text: value, at: position) }
        if TemplateReader.nameProperties[resource.type] == nil {
            // A type without a part in a local run: anything of the right form will do.
            return TemplateValue(text: attribute == "Arn" ? "arn:\(account.partition):::\(name)" : name, at: position)
        }
        let known = attributes.keys.sorted().joined(separator: ", ")
        report(
            .unknownAttribute, at: position,
            "\(id) (\(resource.type)) has no attribute \"\(attribute)\" in a local run"
                + (known.isEmpty ? "" : "; there are \(known)"))
        return TemplateValue(.unknown, at: position)
    }

    private func attributeValues(of resource: Resource, _ name: String) -> [String: String] {
        switch resource.type {
        case "AWS::Serverless::Function": return ["Arn": account.functionARN(name)]
        case "AWS::S3::Bucket":
            return [
                "Arn": account.bucketARN(name), "DomainName": "\(name).s3.\(account.urlSuffix)",
                "RegionalDomainName": "\(name).s3.\(account.region).\(account.urlSuffix)",
                "DualStackDomainName": "\(name).s3.dualstack.\(account.region).\(account.urlSuffix)",
                "WebsiteURL": "http://\(name).s3-website-\(account.region).\(account.urlSuffix)",
            ]
        case "AWS::Serverless::SimpleTable", "AWS::DynamoDB::Table": return ["Arn": account.tableARN(name)]
        case "AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine":
            return ["Arn": account.stateMachineARN(name), "Name": name]
        case "AWS::Events::Rule": return ["Arn": account.ruleARN(name, bus: "default")]
        case "AWS::Scheduler::Schedule": return ["Arn": account.scheduleARN(name, group: "default")]
        case "AWS::Scheduler::ScheduleGroup": return ["Arn": account.arn("scheduler", "schedule-group/\(name)")]
        case "AWS::SQS::Queue":
            return ["Arn": account.queueARN(name), "QueueName": name, "QueueUrl": queueURL(name)]
        case "AWS::SNS::Topic": return ["TopicArn": account.arn("sns", name), "TopicName": name]
        case "AWS::IAM::Role": return ["Arn": account.roleARN(name), "RoleId": name]
        case "AWS::IAM::ManagedPolicy":
            return ["PolicyArn": "arn:\(account.partition):iam::\(account.accountID):policy/\(name)"]
        case "AWS::Logs::LogGroup": return ["Arn": account.arn("logs", "log-group:\(name):*")]
        case "AWS::Events::EventBus": return ["Arn": account.arn("events", "event-bus/\(name)"), "Name": name]
        case "AWS::CloudWatch::Alarm": return ["Arn": account.arn("cloudwatch", "alarm:\(name)")]
        default: return [:]
        }
    }
}

extension AccountContext {
    /// The name of a resource that has none of its own; AWS would add random characters.
    func generatedName(for logicalID: String) -> String { "\(stackName)-\(logicalID)" }
}

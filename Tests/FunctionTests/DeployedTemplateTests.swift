import JSON
import TestSupport
import Testing

/// What must hold of all resources of a kind, those that are added later included.
@Suite("The template as it is deployed")
struct DeployedTemplateTests {
    private static func ids(_ value: JSONValue?) -> [String] {
        (value?.arrayValue ?? []).compactMap { $0["Ref"]?.stringValue ?? $0["Fn::GetAtt"]?[0]?.stringValue }
    }

    /// Whether a policy refuses all that comes without TLS.
    private static func refusesPlainHTTP(_ policy: JSONValue) -> Bool {
        policy["PolicyDocument"]?["Statement"]?.arrayValue?.contains {
            $0["Effect"] == "Deny" && $0["Principal"] == "*"
                && $0["Condition"] == ["Bool": ["aws:SecureTransport": "false"]]
        } ?? false
    }

    private static func hasTags(_ properties: JSONValue) -> Bool {
        let names = properties["Tags"]?.arrayValue?.compactMap { $0["Key"]?.stringValue } ?? []
        return Set(names).isSuperset(of: ["Application", "Stage"])
    }

    @Test("buckets are encrypted, private, over TLS alone, tidied up, and send their events")
    func buckets() async throws {
        let deployed = try await DeployedTemplate.translated()
        let policies = deployed.resources("AWS::S3::BucketPolicy")
        let buckets = deployed.resources("AWS::S3::Bucket")
        #expect(buckets.count == 3)
        for (id, bucket) in buckets {
            #expect(bucket["BucketEncryption"] != nil && Self.hasTags(bucket), "\(id)")
            #expect(
                bucket["PublicAccessBlockConfiguration"] == [
                    "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true,
                    "RestrictPublicBuckets": true,
                ], "\(id)")
            // To EventBridge and to nobody else: a bucket that named a function could not be made before it, nor after.
            #expect(
                bucket["NotificationConfiguration"] == ["EventBridgeConfiguration": ["EventBridgeEnabled": true]],
                "\(id)")
            let rules = bucket["LifecycleConfiguration"]?["Rules"]?.arrayValue ?? []
            #expect(rules.contains { $0["AbortIncompleteMultipartUpload"] != nil && $0["Prefix"] == nil }, "\(id)")
            // Numbers can be computed again from what these hold, and from nothing else.
            for rule in rules where rule["ExpirationInDays"] != nil {
                let folders: [JSONValue] = ["validation-reports/", "references/", "map-runs/", "backfills/"]
                #expect(rule["Prefix"].map(folders.contains) == true, "\(id)")
            }
            let policy = try #require(policies.first { $0.properties["Bucket"]?["Ref"]?.stringValue == id })
            #expect(Self.refusesPlainHTTP(policy.properties), "\(id)")
        }
    }

    @Test("queues are encrypted, over TLS alone, keep messages for two weeks, and an alarm sees each")
    func queues() async throws {
        let deployed = try await DeployedTemplate.translated()
        let alarms = deployed.resources("AWS::CloudWatch::Alarm")
        for (id, queue) in deployed.resources("AWS::SQS::Queue") {
            #expect(queue["SqsManagedSseEnabled"] == true && queue["MessageRetentionPeriod"] == 1_209_600, "\(id)")
            #expect(Self.hasTags(queue))
            let policies = deployed.resources("AWS::SQS::QueuePolicy")
            let policy = try #require(policies.first { Self.ids($0.properties["Queues"]) == [id] })
            #expect(Self.refusesPlainHTTP(policy.properties), "\(id)")
            for metric in ["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"] {
                let watched = alarms.contains {
                    $0.properties.text().contains(metric) && $0.properties.text().contains(id)
                }
                #expect(watched, "\(metric) of \(id)")
            }
        }
    }

    @Test("tables are encrypted, can be brought back, and are protected in production")
    func tables() async throws {
        let deployed = try await DeployedTemplate.translated()
        for (id, table) in deployed.resources("AWS::DynamoDB::Table") {
            #expect(table["SSESpecification"]?["SSEEnabled"] == true, "\(id)")
            #expect(table["PointInTimeRecoverySpecification"]?["PointInTimeRecoveryEnabled"] == true, "\(id)")
            #expect(table["DeletionProtectionEnabled"] == ["Fn::If": ["IsProduction", true, false]], "\(id)")
            #expect(Self.hasTags(table))
        }
    }

    @Test("functions have a role, logs that end, a place for failed events, and alarms of their own")
    func functions() async throws {
        let deployed = try await DeployedTemplate.translated()
        let functions = deployed.resources("AWS::Lambda::Function")
        #expect(Set(functions.map { $0.properties["Role"]?.text() }).count == functions.count)
        for (id, function) in functions {
            #expect(Self.hasTags(function))
            let group = try #require(function["LoggingConfig"]?["LogGroup"]?["Ref"]?.stringValue)
            #expect(deployed.template["Resources"]?[group]?["Type"] == "AWS::Logs::LogGroup")
            let configurations = deployed.resources("AWS::Lambda::EventInvokeConfig")
            let asynchronous = try #require(
                configurations.first { $0.properties["FunctionName"]?["Ref"]?.stringValue == id })
            #expect(asynchronous.properties["DestinationConfig"]?["OnFailure"]?["Destination"] != nil)
            for metric in ["Errors", "Throttles", "Duration", "AsyncEventAge"] {
                let watched = deployed.resources("AWS::CloudWatch::Alarm").contains { alarm in
                    alarm.properties["Metrics"]?.arrayValue?.contains {
                        let metrics = $0["MetricStat"]?["Metric"]
                        return metrics?["MetricName"]?.stringValue == metric
                            && metrics?["Dimensions"]?[0]?["Value"]?["Ref"]?.stringValue == id
                    } ?? false
                }
                #expect(watched, "\(metric) of \(id)")
            }
        }
        for (id, group) in deployed.resources("AWS::Logs::LogGroup") {
            #expect(group["RetentionInDays"] == ["Ref": "LogRetentionInDays"], "\(id)")
        }
    }

    @Test("state machines are logged, traced and watched, and their rule sets aside what it can't deliver")
    func machines() async throws {
        let deployed = try await DeployedTemplate.translated()
        let alarms = deployed.resources("AWS::CloudWatch::Alarm")
        for (id, machine) in deployed.resources("AWS::StepFunctions::StateMachine") {
            #expect(machine["LoggingConfiguration"]?["Level"] == "ERROR", "\(id)")
            #expect(machine["TracingConfiguration"]?["Enabled"] == true, "\(id)")
            let watched = alarms.flatMap { $0.properties["Metrics"]?.arrayValue ?? [] }
                .compactMap { $0["MetricStat"]?["Metric"] }
                .filter { Self.ids($0["Dimensions"]?[0].map { [$0["Value"] ?? .null] }) == [id] }
                .compactMap { $0["MetricName"]?.stringValue }
            #expect(Set(watched) == ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"])
        }
        for (id, alarm) in alarms {
            #expect(alarm["AlarmActions"]?["Fn::If"]?[0] == "HasAlarmTopic", "\(id)")
            #expect(alarm["TreatMissingData"] == "notBreaching", "\(id)")
        }
        let policies = deployed.resources("AWS::SQS::QueuePolicy").flatMap {
            $0.properties["PolicyDocument"]?["Statement"]?.arrayValue ?? []
        }
        for (id, rule) in deployed.resources("AWS::Events::Rule") {
            let name = try deployed.text(try #require(rule["Name"]))
            for target in rule["Targets"]?.arrayValue ?? [] {
                let queue = try deployed.text(try #require(target["DeadLetterConfig"]?["Arn"]))
                let isTaken = try policies.contains { statement in
                    guard statement["Effect"] == "Allow",
                        let source = statement["Condition"]?["ArnEquals"]?["aws:SourceArn"],
                        let resource = statement["Resource"]
                    else { return false }
                    return try deployed.text(source) == "arn:aws:events:\(CallRecord.account):rule/\(name)"
                        && deployed.text(resource) == queue
                }
                #expect(isTaken, "the queue does not take what \(id) sends")
            }
        }
    }

    @Test("what holds data outlives a stack of production, and goes with one of development")
    func retention() async throws {
        for (stage, deletion, replacement) in [
            ("production", "RetainExceptOnCreate", "Retain"), ("development", "Delete", "Delete"),
        ] {
            let deployed = try await DeployedTemplate.translated("Stage=\(stage)")
            for (id, resource) in deployed.template["Resources"]?.objectValue ?? [:]
            where ["AWS::S3::Bucket", "AWS::DynamoDB::Table"].contains(resource["Type"]) {
                #expect(resource["DeletionPolicy"]?.stringValue == deletion, "\(id)")
                #expect(resource["UpdateReplacePolicy"]?.stringValue == replacement, "\(id)")
            }
        }
    }
}

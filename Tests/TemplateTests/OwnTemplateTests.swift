import FileSystem
import JSON
import Template
import TestSupport
import Testing

/// `infra/template.yaml` is what it should be, to us and to AWS's own tools.
@Suite struct OwnTemplateTests {
    @Test("has no findings")
    func findings() {
        #expect(readOwnTemplate().findings.map(\.description) == [])
    }

    @Test("has the functions with their settings")
    func functions() throws {
        let application = readOwnTemplate()
        #expect(application.functions.map(\.name) == ["validate-file", "etl", "write-kpis", "archive", "split-file"])
        #expect(application.functions.map(\.memorySizeMB) == [256, 512, 512, 128, 512])
        #expect(application.functions.map(\.timeoutSeconds) == [900, 900, 300, 300, 900])
        for function in application.functions {
            #expect(function.executable == .product(function.name))
            #expect(function.arn == "arn:aws:lambda:us-east-1:000000000000:function:\(function.name)")
            #expect(function.runtime == "provided.al2023")
            #expect(function.handler == "bootstrap")
            #expect(function.architecture == "x86_64")
            #expect(
                function.environment.filter { $0.key != "SPLIT_RANGE_BYTES" } == [
                    "RAW_BUCKET": "rds.data", "TRIAL_BUCKET": "trial.data", "WAREHOUSE_BUCKET": "warehouse.bucket",
                    "KPI_TABLE": "kpi.table", "TRACKER_TABLE": "kpi.table_file_tracker",
                ])
            #expect(function.reservedConcurrentExecutions == nil)
            #expect(
                function.asynchronousInvocation
                    == Application.AsynchronousInvocation(
                        onFailure: .init(kind: .queue, arn: "arn:aws:sqs:us-east-1:000000000000:failed-invocations")))
        }
    }

    @Test("has the buckets, all of which send their events to EventBridge")
    func buckets() {
        let buckets = readOwnTemplate().buckets
        #expect(buckets.map(\.name) == ["rds.data", "trial.data", "warehouse.bucket"])
        #expect(buckets.map(\.arn).first == "arn:aws:s3:::rds.data")
        #expect(buckets.allSatisfy { $0.sendsToEventBridge && $0.notifications.isEmpty })
    }

    @Test("has the tables with their keys and the index by date")
    func tables() throws {
        let tables = readOwnTemplate().tables
        let key = Application.Key(
            partition: Application.Attribute(name: "pk", kind: .string),
            sort: Application.Attribute(name: "sk", kind: .string))
        #expect(tables.map(\.name) == ["kpi.table", "kpi.table_file_tracker"])
        #expect(tables.map(\.key) == [key, key])
        let index = try #require(tables.first?.indexes.first)
        #expect(index.name == "by-date")
        #expect(index.kind == .global)
        #expect(index.projection == .all)
        #expect(index.key.partition == Application.Attribute(name: "date", kind: .string))
        #expect(index.key.sort == Application.Attribute(name: "pk", kind: .string))
    }

    @Test("has a state machine whose tasks are the functions, and a rule that starts it")
    func stateMachine() throws {
        let application = readOwnTemplate()
        let machine = try #require(application.stateMachines.first)
        #expect(machine.arn == "arn:aws:states:us-east-1:000000000000:stateMachine:stream-pipeline")
        #expect(machine.kind == .standard)
        #expect(machine.definition.file == "\(Repository.root)/infra/statemachines/stream-pipeline.asl.json")
        #expect(machine.definition.lineOffset == 0)
        let states = try #require(JSONValue(parsing: machine.definition.json)["States"]?.objectValue)
        let resources = states.values.compactMap { $0["Resource"]?.stringValue }
        let own = application.functions.filter { $0.name != "split-file" }.map(\.arn)
        #expect(Set(resources) == Set(own + ["arn:aws:states:::states:startExecution.sync:2"]))
        #expect(application.stateMachines.map(\.name) == ["stream-pipeline", "split-file", "backfill"])

        let rule = try #require(application.rules.first)
        #expect(rule.name == "stream-arrived")
        #expect(
            rule.pattern == [
                "source": ["aws.s3", "turntable.sensor"], "detail-type": ["Object Created", "Object Sensed"],
                "detail": ["bucket": ["name": ["rds.data"]], "object": ["key": [["wildcard": "streams/*.csv"]]]],
            ])
        let target = try #require(rule.targets.first)
        #expect(target.kind == .stateMachine(machine.arn))
        #expect(target.input == .event)
        #expect(target.deadLetterARN == "arn:aws:sqs:us-east-1:000000000000:undelivered-arrivals")
        #expect(application.queues.map(\.logicalID) == ["UndeliveredArrivals", "FailedInvocations"])
        #expect(machine.isTraced)
    }

    @Test("has the sensor, and lists what has no part in a local run")
    func rest() {
        let application = readOwnTemplate()
        #expect(application.sensors.map(\.name) == ["streams"])
        #expect(application.sensors.map(\.bucket) == ["rds.data"])
        #expect(application.sensors.map(\.prefix) == ["streams/"])
        #expect(application.sensors.map(\.wildcard) == ["streams/*.csv"])
        #expect(application.sensors.map(\.intervalSeconds) == [60])
        #expect(
            Set(application.ignoredLocally.map(\.type)) == [
                "AWS::Logs::LogGroup", "AWS::CloudWatch::Alarm", "AWS::IAM::Role", "AWS::S3::BucketPolicy",
                "AWS::SQS::QueuePolicy",
            ])
        #expect(application.schedules.isEmpty)
    }

    @Test("takes other names from its parameters, wherever they are used")
    func parameters() {
        let application = readOwnTemplate(
            TemplateOptions(
                account: AccountContext(region: "eu-central-1", accountID: "123456789012", stackName: "prod"),
                parameters: [
                    "RawBucketName": "raw.example", "EtlMemorySize": "1024", "EtlConcurrency": "7",
                    "NamePrefix": "two-", "Stage": "development",
                ]))
        #expect(application.findings == [])
        #expect(application.buckets.first?.name == "raw.example")
        #expect(application.function(named: "two-etl")?.memorySizeMB == 1_024)
        #expect(application.function(named: "two-etl")?.environment["RAW_BUCKET"] == "raw.example")
        #expect(
            application.function(named: "two-etl")?.arn == "arn:aws:lambda:eu-central-1:123456789012:function:two-etl")
        #expect(application.function(named: "two-etl")?.reservedConcurrentExecutions == 7)
        #expect(application.stateMachines.first?.name == "two-stream-pipeline")
        #expect(application.rules.first?.pattern["detail"]?["bucket"]?["name"] == ["raw.example"])
        #expect(application.sensors.first?.bucket == "raw.example")
    }

    @Test("cfn-lint has nothing to say about it")
    func cfnLint() async throws {
        let result = try await runProcess(
            Repository.python,
            [
                "-c", "import sys; from cfnlint.runner import main; sys.exit(main())",
                "\(Repository.root)/infra/template.yaml",
            ])
        #expect(result.status == 0, "\(result.output)\(result.errorOutput)")
        #expect(result.output.isEmpty)
    }

    @Test("the SAM translator makes CloudFormation of it, and EventBridge's pattern is the one that we read")
    func samTranslator() async throws {
        let script = """
            import json, sys
            from samtranslator.translator.transform import transform
            from samtranslator.yaml_helper import yaml_parse

            class Policies:
                def load(self):
                    return {"AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}

            with open(sys.argv[1]) as file:
                template = yaml_parse(file)
            # As `aws cloudformation package` would: what is local is in S3 by then.
            for resource in template["Resources"].values():
                for name in ("CodeUri", "DefinitionUri"):
                    if name in resource.get("Properties", {}):
                        resource["Properties"][name] = "s3://bucket/key"
            print(json.dumps(transform(template, {}, Policies())))
            """
        let result = try await runProcess(
            Repository.python, ["-c", script, "\(Repository.root)/infra/template.yaml"],
            environment: ["AWS_DEFAULT_REGION": "us-east-1"])
        #expect(result.status == 0, "\(result.errorOutput)")
        let resources = try #require(JSONValue(parsing: result.output)["Resources"]?.objectValue)
        let types = resources.values.compactMap { $0["Type"]?.stringValue }
        #expect(types.filter { $0 == "AWS::Lambda::Function" }.count == 5)
        #expect(types.filter { $0 == "AWS::StepFunctions::StateMachine" }.count == 3)
        let rule = try #require(resources["StreamPipelineStreamArrived"]?["Properties"])
        #expect(rule["EventPattern"]?["source"] == readOwnTemplate().rules.first?.pattern["source"])
        #expect(resources["UndeliveredArrivals"]?["Type"] == "AWS::SQS::Queue")
    }
}

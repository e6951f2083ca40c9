import Template
import Testing

@Suite struct FunctionResourceTests {
    @Test("Globals are merged: mappings joined, lists joined, the rest replaced")
    func globals() throws {
        let application = readTemplate(
            """
            Transform: AWS::Serverless-2016-10-31
            Globals:
              Function:
                Runtime: provided.al2
                MemorySize: 256
                Timeout: 30
                Environment: {Variables: {BOTH: global, ONLY: global}}
            Resources:
              A:
                Type: AWS::Serverless::Function
                Properties: {CodeUri: a, Timeout: 5, Environment: {Variables: {BOTH: own, MINE: own}}}
              B:
                Type: AWS::Serverless::Function
                IgnoreGlobals: [Timeout]
                Properties: {CodeUri: b}
            """)
        #expect(application.findings == [])
        let (first, second) = (try #require(application.functions.first), try #require(application.functions.last))
        #expect(first.environment == ["BOTH": "own", "ONLY": "global", "MINE": "own"])
        #expect([first.memorySizeMB, first.timeoutSeconds] == [256, 5])
        #expect(first.runtime == "provided.al2")
        #expect(first.executable == .bootstrap(folder: "a"))
        #expect(first.name == "turntable-A")
        #expect([second.memorySizeMB, second.timeoutSeconds] == [256, 3])
    }

    @Test("settings of asynchronous invocation")
    func asynchronous() throws {
        let application = readResources(
            """
              Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
              Next:
                Type: AWS::Serverless::Function
                Properties: {FunctionName: next, Runtime: provided.al2023, CodeUri: n}
              Fn:
                Type: AWS::Serverless::Function
                Properties:
                  Runtime: provided.al2023
                  CodeUri: fn
                  ReservedConcurrentExecutions: 3
                  RecursiveLoop: Allow
                  DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Dead.Arn}
                  EventInvokeConfig:
                    MaximumRetryAttempts: 0
                    MaximumEventAgeInSeconds: 120
                    DestinationConfig:
                      OnSuccess: {Type: Lambda, Destination: !GetAtt Next.Arn}
                      OnFailure: {Type: SQS, Destination: !GetAtt Dead.Arn}
            """)
        #expect(application.findings == [])
        let function = try #require(application.functions.last)
        #expect(function.reservedConcurrentExecutions == 3)
        #expect(function.allowsLoops)
        let dead = "arn:aws:sqs:us-east-1:000000000000:dead"
        #expect(
            function.asynchronousInvocation
                == Application.AsynchronousInvocation(
                    maximumRetryAttempts: 0, maximumEventAgeSeconds: 120,
                    onSuccess: Application.Destination(
                        kind: .function, arn: "arn:aws:lambda:us-east-1:000000000000:function:next"),
                    onFailure: Application.Destination(kind: .queue, arn: dead), deadLetterARN: dead))
        #expect(application.queues.map(\.arn) == [dead])
        #expect(application.ignoredLocally.isEmpty)
    }

    @Test("events of all kinds become notifications, rules and schedules")
    func events() throws {
        let application = readResources(
            """
              Data: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
              Fn:
                Type: AWS::Serverless::Function
                Properties:
                  FunctionName: fn
                  Runtime: provided.al2023
                  CodeUri: fn
                  Events:
                    New:
                      Type: S3
                      Properties:
                        Bucket: !Ref Data
                        Events: [s3:ObjectCreated:*]
                        Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}, {Name: Suffix, Value: .csv}]}}
                    Rule:
                      Type: EventBridgeRule
                      Properties: {Pattern: {source: [a]}, InputPath: $.detail, State: DISABLED}
                    Old: {Type: CloudWatchEvent, Properties: {Pattern: {source: [b]}, Input: '{"x": 1}'}}
                    Often: {Type: Schedule, Properties: {Schedule: rate(5 minutes), Enabled: false}}
                    Daily: {Type: ScheduleV2, Properties: {ScheduleExpression: cron(0 8 * * ? *), Name: daily}}
                    Queue: {Type: SQS, Properties: {Queue: arn:aws:sqs:us-east-1:000000000000:q}}
            """)
        #expect(
            application.findings.map(\.description) == [
                """
                app/template.yaml:23:9: warning: the queue arn:aws:sqs:us-east-1:000000000000:q is not in the template: its \
                messages are not delivered in a local run
                """
            ])
        let notification = try #require(application.buckets.first?.notifications.first)
        #expect(notification.events == ["s3:ObjectCreated:*"])
        #expect(notification.prefix == "in/")
        #expect(notification.suffix == ".csv")
        #expect(notification.functionARN == "arn:aws:lambda:us-east-1:000000000000:function:fn")
        #expect(application.rules.map(\.name) == ["turntable-FnRule", "turntable-FnOld"])
        #expect(application.rules.map(\.isEnabled) == [false, true])
        #expect(application.rules.map { $0.targets.map(\.input) } == [[.path("$.detail")], [.constant(#"{"x": 1}"#)]])
        #expect(application.rules.flatMap { $0.targets.map(\.kind) } == [.function("fn"), .function("fn")])
        #expect(application.schedules.map(\.expression) == ["rate(5 minutes)", "cron(0 8 * * ? *)"])
        #expect(application.schedules.map(\.origin) == [.rule, .scheduler])
        #expect(application.schedules.map(\.isEnabled) == [false, true])
        #expect(application.schedules.map(\.name) == ["turntable-FnOften", "daily"])
        #expect(application.schedules.last?.arn == "arn:aws:scheduler:us-east-1:000000000000:schedule/default/daily")
        #expect(application.schedules.last?.expressionPosition.line == 22)
    }

    @Test("Executable is a product's name", arguments: ["../x", "a/b", "..", "''"])
    func executable(name: String) {
        let application = readResources(
            """
              Fn:
                Type: AWS::Serverless::Function
                Metadata: {Turntable: {Executable: \(name)}}
                Properties: {Runtime: provided.al2023, CodeUri: x}
            """)
        #expect(application.findings.map(\.code) == [.invalidValue])
    }
}

import Testing

@testable import Template

@Suite("Queue resources")
struct QueueResourceTests {
    @Test("A queue with all that a local run knows")
    func queue() throws {
        let application = readTemplate(
            """
            Resources:
              Dead: {Type: AWS::SQS::Queue}
              Jobs:
                Type: AWS::SQS::Queue
                Properties:
                  QueueName: jobs
                  VisibilityTimeout: 120
                  DelaySeconds: 5
                  MessageRetentionPeriod: 600
                  ReceiveMessageWaitTimeSeconds: 20
                  MaximumMessageSize: 2048
                  SqsManagedSseEnabled: true
                  RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
            """)
        #expect(application.findings.isEmpty)
        let jobs = try #require(application.queues.first { $0.name == "jobs" })
        #expect(jobs.visibilityTimeoutSeconds == 120)
        #expect(jobs.delaySeconds == 5)
        #expect(jobs.retentionSeconds == 600)
        #expect(jobs.receiveWaitSeconds == 20)
        #expect(jobs.maximumMessageByteCount == 2_048)
        #expect(
            jobs.redrive
                == Application.RedrivePolicy(
                    deadLetterARN: "arn:aws:sqs:us-east-1:000000000000:turntable-Dead", maximumReceiveCount: 3))
    }

    @Test(
        "What a queue can't be is named",
        arguments: [
            ("FifoQueue: true", "FIFO queues are not there in a local run, only standard ones"),
            ("VisibilityTimeout: 43201", "VisibilityTimeout is a whole number from 0 to 43200"),
            ("RedrivePolicy: {maxReceiveCount: 3}", "RedrivePolicy has deadLetterTargetArn and maxReceiveCount"),
            (
                "RedrivePolicy: {deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:other', maxReceiveCount: 3}",
                "the template has no standard queue arn:aws:sqs:us-east-1:000000000000:other"
            ),
            ("QueueName: a.b", "\"a.b\" is no name of a standard queue: 1 to 80 letters, digits and - _"),
        ])
    func refused(property: String, message: String) {
        let application = readTemplate(
            """
            Resources:
              Jobs:
                Type: AWS::SQS::Queue
                Properties:
                  \(property)
            """)
        #expect(application.findings.map(\.message) == [message])
        #expect(!application.canRun)
    }

    @Test("A rule's targets may be queues and topics")
    func targets() throws {
        let application = readTemplate(
            """
            Resources:
              Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
              R:
                Type: AWS::Events::Rule
                Properties:
                  EventPattern: {source: [a]}
                  Targets:
                    - {Id: q, Arn: !GetAtt Jobs.Arn}
                    - {Id: t, Arn: "arn:aws:sns:us-east-1:000000000000:news"}
            """)
        #expect(application.findings.isEmpty)
        #expect(
            application.rules.first?.targets.map(\.kind) == [
                .queue("arn:aws:sqs:us-east-1:000000000000:jobs"), .topic("arn:aws:sns:us-east-1:000000000000:news"),
            ])
    }

    static let mapped = """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
          Fn:
            Type: AWS::Serverless::Function
            Properties:
              FunctionName: fn
              Runtime: provided.al2023
              CodeUri: fn

        """

    @Test("A function's SQS event is a mapping of a queue")
    func event() throws {
        let application = readTemplate(
            Self.mapped + """
                      Events:
                        Work:
                          Type: SQS
                          Properties:
                            Queue: !GetAtt Jobs.Arn
                            BatchSize: 100
                            MaximumBatchingWindowInSeconds: 5
                            FunctionResponseTypes: [ReportBatchItemFailures]
                            ScalingConfig: {MaximumConcurrency: 4}
                            FilterCriteria: {Filters: [{Pattern: '{"body": {"a": [1]}}'}]}
                """)
        #expect(application.findings.isEmpty)
        let mapping = try #require(application.queueMappings.first)
        #expect(mapping.logicalID == "FnWork")
        #expect(mapping.functionARN == "arn:aws:lambda:us-east-1:000000000000:function:fn")
        #expect(mapping.queueARN == "arn:aws:sqs:us-east-1:000000000000:jobs")
        #expect(mapping.batchSize == 100)
        #expect(mapping.batchingWindowSeconds == 5)
        #expect(mapping.maximumConcurrency == 4)
        #expect(mapping.reportsItemFailures)
        #expect(mapping.filters == [["body": ["a": [1]]]])
    }

    @Test(
        "A mapping of its own, and what it can't be",
        arguments: [
            ("BatchSize: 1", nil),
            ("BatchSize: 11", "a BatchSize above 10 needs a MaximumBatchingWindowInSeconds of 1 at least"),
            ("FunctionResponseTypes: [Other]", "the FunctionResponseTypes are ReportBatchItemFailures"),
            ("ScalingConfig: {MaximumConcurrency: 1}", "MaximumConcurrency is a whole number from 2 to 1000"),
            ("StartingPosition: LATEST", "StartingPosition of a mapping of a queue is not supported in a local run"),
            ("FilterCriteria: {Filters: [{Pattern: 'x'}]}", "an event pattern is an object"),
        ])
    func mapping(property: String, message: String?) {
        let application = readTemplate(
            Self.mapped + """
                  Mapping:
                    Type: AWS::Lambda::EventSourceMapping
                    Properties:
                      FunctionName: !Ref Fn
                      EventSourceArn: !GetAtt Jobs.Arn
                      \(property)
                """)
        #expect(application.findings.count == (message == nil ? 0 : 1))
        if let message { #expect(application.findings.first?.message.hasPrefix(message) == true) }
        #expect(application.queueMappings.count == 1)
    }

    @Test("A queue that shows its messages again before the function's time is over is refused, as Lambda does")
    func timeouts() {
        let application = readTemplate(
            Self.mapped + """
                      Timeout: 31
                      Events: {Work: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}
                """)
        #expect(application.findings.map(\.code) == [.invalidValue])
        #expect(application.findings.first?.message.contains("visibility timeout") == true)
    }

    @Test("Mappings of streams are left out and said so")
    func streams() {
        let application = readTemplate(
            Self.mapped + """
                  Mapping:
                    Type: AWS::Lambda::EventSourceMapping
                    Properties:
                      FunctionName: !Ref Fn
                      EventSourceArn: arn:aws:kinesis:us-east-1:000000000000:stream/s
                      StartingPosition: LATEST
                """)
        #expect(application.findings.map(\.severity) == [.warning])
        #expect(application.queueMappings.isEmpty)
    }
}

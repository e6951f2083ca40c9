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
}

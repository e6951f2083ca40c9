import FileSystem
import Glibc
import JSON
import TestSupport
import Testing

/// Queues of a running router, as SQS's own clients and functions see them.
@Suite("Queues of a running router", .timeLimit(.minutes(5)))
struct QueueTests {
    static let template = #"""
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Jobs:
            Type: AWS::SQS::Queue
            Properties:
              QueueName: jobs
              RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2}
          Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
          Send:
            Type: AWS::Serverless::StateMachine
            Properties:
              Name: send
              Definition:
                StartAt: Send
                States:
                  Send:
                    Type: Task
                    Resource: arn:aws:states:::sqs:sendMessage
                    Parameters: {QueueUrl: !Ref Jobs, "MessageBody.$": $}
                    End: true
        """#

    private func withRouter(
        template: String = QueueTests.template, function: String? = nil,
        _ body: (RouterUnderTest) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/template.yaml", Array(template.utf8))
            if let function {
                try FileSystem.writeFileAtomically("\(folder)/bootstrap", Array(function.utf8))
                chmod("\(folder)/bootstrap", 0o755)
            }
            let router = try await RouterUnderTest(data: "\(folder)/data", template: "\(folder)/template.yaml")
            try await body(router)
            try await router.stop()
        }
    }

    @Test("boto3 sends, receives and deletes; what was received before a kill is in flight after it")
    func boto3() async throws {
        let check = try await runProcess(Repository.python, ["-c", "import boto3"])
        guard check.status == 0 else { return print("NOT RUN: \(Repository.python) has no boto3") }
        try await withRouter { router in
            for program in [Self.program, Self.afterRestart] {
                let done = try await runProcess(Repository.python, ["-c", Self.client(router) + program])
                #expect(done.status == 0, "\(done.errorOutput)")
                #expect(done.output == "done\n")
                let template = ["--template", router.template]
                let queues = try await router.lines(["queues"] + template)
                #expect(queues.compactMap { $0["queue"]?.stringValue } == ["dead", "jobs"])
                if program == Self.program {
                    #expect(queues[1]["in_flight"] == 1)
                    let messages = try await router.lines(["queues", "jobs"] + template)
                    #expect(messages.map { $0["body"] } == ["kept"])
                    #expect(messages.first?["state"] == "in_flight")
                    try await router.killAndRestart()
                }
            }
            let unknown = try await router.turntable(["queues", "job", "--template", router.template])
            #expect(unknown.status == 1)
            #expect(unknown.errorOutput.contains("did you mean"))
            let log = String(decoding: try FileSystem.readFile("\(router.data)/queues/jobs.jsonl"), as: UTF8.self)
            #expect(log.split(separator: "\n").count == 14)
        }
    }

    @Test(
        "A function works on a queue's messages; what it names as failed comes again and ends in the dead-letter queue")
    func mapping() async throws {
        let check = try await runProcess(Repository.python, ["-c", "import boto3"])
        guard check.status == 0 else { return print("NOT RUN: \(Repository.python) has no boto3") }
        try await withRouter(template: Self.mappedTemplate, function: Self.worker) { router in
            let done = try await runProcess(Repository.python, ["-c", Self.client(router) + Self.mappedProgram])
            #expect(done.status == 0, "\(done.errorOutput)")
            #expect(done.output == "done\n")
        }
    }

    @Test(
        "A function that sends each message to its own queue is stopped after 16 calls, by the trace that boto3 hands on"
    )
    func loop() async throws {
        let check = try await runProcess(Repository.python, ["-c", "import boto3"])
        guard check.status == 0 else { return print("NOT RUN: \(Repository.python) has no boto3") }
        // boto3 takes long to start where much else runs.
        let template = Self.mappedTemplate.replacing("Timeout: 6", with: "Timeout: 200")
        try await withRouter(template: template, function: Self.echo) { router in
            let done = try await runProcess(Repository.python, ["-c", Self.client(router) + Self.loopProgram(router)])
            #expect(done.status == 0, "\(done.errorOutput)")
            #expect(done.output == "done\n")
            let log = String(decoding: try FileSystem.readFile("\(router.data)/queues/jobs.jsonl"), as: UTF8.self)
            #expect(log.split(separator: "\n").count == 17)
            #expect(router.process.errorOutput.contains("sent them to itself 16 times"))
        }
    }

    /// Sends each message, which is the endpoint, to the queue that it is from.
    private static let echo = """
        #!\(Repository.python)
        import http.client, json, os
        import boto3
        api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        while True:
            api.request("GET", "/2018-06-01/runtime/invocation/next")
            answer = api.getresponse()
            request = answer.getheader("Lambda-Runtime-Aws-Request-Id")
            os.environ["_X_AMZN_TRACE_ID"] = answer.getheader("Lambda-Runtime-Trace-Id")
            for record in json.loads(answer.read())["Records"]:
                queues = boto3.client("sqs", endpoint_url=record["body"])
                place = queues.get_queue_url(QueueName="jobs")["QueueUrl"]
                queues.send_message(QueueUrl=place, MessageBody=record["body"])
            api.request("POST", f"/2018-06-01/runtime/invocation/{request}/response", "null")
            api.getresponse().read()

        """

    private static func loopProgram(_ router: RouterUnderTest) -> String {
        """
        q.send_message(QueueUrl=jobs, MessageBody="\(router.endpoint)")
        dead = q.get_queue_url(QueueName="dead")["QueueUrl"]
        end = time.time() + 240
        while True:
            got = q.receive_message(QueueUrl=dead, WaitTimeSeconds=20, AttributeNames=["All"]).get("Messages")
            if got: break
            assert time.time() < end
        assert "Lineage=" in got[0]["Attributes"]["AWSTraceHeader"], got
        print("done")

        """
    }

    private static let mappedTemplate = #"""
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Jobs:
            Type: AWS::SQS::Queue
            Properties:
              QueueName: jobs
              VisibilityTimeout: 6
              RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2}
          Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
          Work:
            Type: AWS::Serverless::Function
            Properties:
              FunctionName: work
              Runtime: provided.al2023
              Handler: bootstrap
              CodeUri: .
              Timeout: 6
              Events:
                Jobs:
                  Type: SQS
                  Properties: {Queue: !GetAtt Jobs.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}
        """#

    /// Names messages that say "bad" as failed.
    private static let worker = #"""
        #!/usr/bin/env python3
        import http.client, json, os
        api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        while True:
            api.request("GET", "/2018-06-01/runtime/invocation/next")
            answer = api.getresponse()
            request = answer.getheader("Lambda-Runtime-Aws-Request-Id")
            records = json.loads(answer.read())["Records"]
            failures = [{"itemIdentifier": r["messageId"]} for r in records if r["body"] == "bad"]
            api.request("POST", f"/2018-06-01/runtime/invocation/{request}/response",
                json.dumps({"batchItemFailures": failures}))
            api.getresponse().read()

        """#

    private static let mappedProgram = """
        def counts(name):
            found = q.get_queue_attributes(QueueUrl=q.get_queue_url(QueueName=name)["QueueUrl"], AttributeNames=["All"])
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            return sum(int(found["Attributes"][name]) for name in names)
        bodies = ["good", "bad", "better", "bad", "best"]
        q.send_message_batch(QueueUrl=jobs, Entries=[
            {"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)])
        end = time.time() + 120
        while counts("dead") < 2 or counts("jobs") > 0:
            assert time.time() < end, (counts("dead"), counts("jobs"))
            time.sleep(0.1)
        dead = q.get_queue_url(QueueName="dead")["QueueUrl"]
        got = q.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, AttributeNames=["All"])["Messages"]
        assert [m["Body"] for m in got] == ["bad", "bad"], got
        assert got[0]["Attributes"]["DeadLetterQueueSourceArn"].endswith(":jobs"), got
        print("done")
        """

    private static func client(_ router: RouterUnderTest) -> String {
        """
        import boto3, botocore, json, time
        from botocore.config import Config
        def make(service): return boto3.client(service, endpoint_url="\(router.endpoint)", region_name="us-east-1",
            aws_access_key_id="a", aws_secret_access_key="b", config=Config(retries={"total_max_attempts": 1}))
        q = make("sqs")
        jobs = q.get_queue_url(QueueName="jobs")["QueueUrl"]

        """
    }

    private static let program = """
        assert len(q.list_queues()["QueueUrls"]) == 2
        assert q.list_queues(QueueNamePrefix="j")["QueueUrls"] == [jobs]
        sent = q.send_message(QueueUrl=jobs, MessageBody="hé", MessageAttributes={
            "a": {"DataType": "String", "StringValue": "1"}, "b": {"DataType": "Binary", "BinaryValue": b"xy"}})
        got = q.receive_message(QueueUrl=jobs, MessageAttributeNames=["All"], AttributeNames=["All"])["Messages"]
        assert len(got) == 1 and got[0]["Body"] == "hé" and got[0]["MessageId"] == sent["MessageId"], got
        assert got[0]["MessageAttributes"]["b"]["BinaryValue"] == b"xy", got
        assert got[0]["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
        assert got[0]["Attributes"]["ApproximateReceiveCount"] == "1"
        assert "Messages" not in q.receive_message(QueueUrl=jobs)
        q.change_message_visibility(QueueUrl=jobs, ReceiptHandle=got[0]["ReceiptHandle"], VisibilityTimeout=0)
        again = q.receive_message(QueueUrl=jobs, WaitTimeSeconds=1)["Messages"]
        q.delete_message(QueueUrl=jobs, ReceiptHandle=again[0]["ReceiptHandle"])
        out = q.send_message_batch(QueueUrl=jobs, Entries=[{"Id": str(i), "MessageBody": str(i)} for i in range(10)])
        assert len(out["Successful"]) == 10
        got = q.receive_message(QueueUrl=jobs, MaxNumberOfMessages=10)["Messages"]
        assert [m["Body"] for m in got] == [str(i) for i in range(10)]
        out = q.delete_message_batch(QueueUrl=jobs, Entries=[
            {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(got)])
        assert len(out["Successful"]) == 10
        try: q.get_queue_url(QueueName="none"); assert False
        except q.exceptions.QueueDoesNotExist: pass
        s = make("stepfunctions")
        s.start_execution(stateMachineArn="arn:aws:states:us-east-1:000000000000:stateMachine:send", input='{"x": 1}')
        got = q.receive_message(QueueUrl=jobs, WaitTimeSeconds=20)["Messages"]
        assert json.loads(got[0]["Body"]) == {"x": 1}, got
        q.delete_message(QueueUrl=jobs, ReceiptHandle=got[0]["ReceiptHandle"])
        q.send_message(QueueUrl=jobs, MessageBody="kept")
        got = q.receive_message(QueueUrl=jobs, VisibilityTimeout=3600)["Messages"]
        print("done")
        """

    private static let afterRestart = """
        assert "Messages" not in q.receive_message(QueueUrl=jobs)
        counts = q.get_queue_attributes(QueueUrl=jobs, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
        assert counts["Attributes"] == {"ApproximateNumberOfMessagesNotVisible": "1"}, counts
        q.send_message(QueueUrl=jobs, MessageBody="next")
        q.purge_queue(QueueUrl=jobs)
        assert "Messages" not in q.receive_message(QueueUrl=jobs, WaitTimeSeconds=1)
        print("done")
        """
}

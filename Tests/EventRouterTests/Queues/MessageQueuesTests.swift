import Clocks
import Delivery
import HTTPServer
import JSON
import SQLite
import TestSupport
import Testing

@testable import EventRouter
@testable import Template

@Suite("MessageQueues", .timeLimit(.minutes(2)))
struct MessageQueuesTests {
    static let queues = [
        SampleApplication.queue("jobs", deadLetters: "dead", after: 2), SampleApplication.queue("dead"),
    ]

    func withQueues(
        folder: String? = nil, clock: ManualClock = ManualClock(),
        _ body: (MessageQueues, ManualClock) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { temporary in
            let folder = folder ?? temporary
            let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
            try await body(
                MessageQueues(
                    Self.queues, store: store, folder: "\(folder)/queues", clock: clock, entropy: SeededEntropy(seed: 1)
                ),
                clock)
        }
    }

    func send(_ body: String, _ queues: MessageQueues, delay: Duration? = nil) async throws {
        _ = try await queues.send(
            MessageQueues.Outgoing(id: "id-\(body)", body: body, delay: delay), to: try #require(queues.queue("jobs")))
    }

    @Test("A message that was received is out of sight until it is deleted or its time is over, over a restart, too")
    func visibility() async throws {
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            try await withQueues(folder: folder, clock: clock) { queues, clock in
                let jobs = try #require(queues.queue("https://sqs.us-east-1.amazonaws.com/000000000000/jobs"))
                for body in ["a", "b", "c"] { try await send(body, queues) }
                let first = try await queues.receive(from: jobs, limit: 2)
                #expect(first.map(\.body) == ["a", "b"])
                #expect(try await queues.receive(from: jobs, limit: 10).map(\.body) == ["c"])
                try await queues.delete([first[0]], from: jobs)
                clock.advance(by: .seconds(29))
            }
            try await withQueues(folder: folder, clock: clock) { queues, clock in
                let jobs = try #require(queues.queue("jobs"))
                #expect(try await queues.receive(from: jobs, limit: 10).isEmpty)
                clock.advance(by: .seconds(1))
                let again = try await queues.receive(from: jobs, limit: 10)
                #expect(again.map(\.body) == ["b", "c"])
                #expect(again.map(\.receiveCount) == [2, 2])
                #expect(again[0].firstReceivedAt == again[0].sentAt)
                try await queues.delete(again, from: jobs)
                #expect(try await queues.store.queueCounts("jobs", at: clock.now).total == 0)
            }
        }
    }

    @Test("A receipt is good until the message is received again")
    func receipts() async throws {
        try await withQueues { queues, clock in
            let jobs = try #require(queues.queue("jobs"))
            try await send("a", queues)
            let first = try await queues.receive(from: jobs, limit: 1)
            clock.advance(by: .seconds(30))
            let second = try await queues.receive(from: jobs, limit: 1)
            try await queues.delete(first, from: jobs)
            #expect(try await queues.store.queueCounts("jobs", at: clock.now).inFlight == 1)
            try await queues.delete(second, from: jobs)
            #expect(try await queues.store.queueCounts("jobs", at: clock.now).total == 0)
        }
    }

    @Test("After its last receive a message goes to the dead-letter queue, with where it was and its own id")
    func redrive() async throws {
        try await withQueues { queues, clock in
            let jobs = try #require(queues.queue("jobs"))
            try await send("bad", queues)
            for _ in 0..<2 {
                #expect(try await queues.receive(from: jobs, limit: 1).count == 1)
                clock.advance(by: .seconds(30))
            }
            #expect(try await queues.receive(from: jobs, limit: 1).isEmpty)
            let dead = try await queues.receive(from: try #require(queues.queue("dead")), limit: 10)
            #expect(dead.map(\.id) == ["id-bad"])
            #expect(dead.first?.receiveCount == 1)
            #expect(dead.first?.deadLetterSource == jobs.arn)
        }
    }

    @Test("Delays hold back, and what is too old is gone")
    func delaysAndRetention() async throws {
        try await withQueues { queues, clock in
            let jobs = try #require(queues.queue("jobs"))
            try await send("late", queues, delay: .seconds(60))
            try await send("now", queues)
            #expect(try await queues.store.queueCounts("jobs", at: clock.now).delayed == 1)
            #expect(try await queues.receive(from: jobs, limit: 10).map(\.body) == ["now"])
            clock.advance(by: .seconds(345_600))
            #expect(try await queues.receive(from: jobs, limit: 10).isEmpty)
            #expect(try await queues.store.queueCounts("jobs", at: clock.now).total == 0)
        }
    }

    @Test("A request that waits gets what is sent meanwhile, and ends without")
    func longPoll() async throws {
        try await withQueues { queues, clock in
            let jobs = try #require(queues.queue("jobs"))
            async let found = queues.receive(from: jobs, limit: 1, visibility: nil, wait: .seconds(20))
            try await eventuallyAsleep(clock)
            try await send("a", queues)
            #expect(try await found.map(\.body) == ["a"])
            async let none = queues.receive(from: jobs, limit: 1, visibility: nil, wait: .seconds(20))
            try await eventuallyAsleep(clock)
            clock.advance(by: .seconds(20))
            #expect(try await none.isEmpty)
        }
    }

    func eventuallyAsleep(_ clock: ManualClock) async throws {
        _ = try await eventually("somebody who waits") { clock.nextDeadline == nil ? nil : true }
    }

    // MARK: - The API

    func call(_ operation: String, _ body: JSONValue, _ queues: MessageQueues, trace: String? = nil) async throws -> (
        HTTPResponse, JSONValue
    ) {
        var headers: HTTPHeaders = ["X-Amz-Target": "AmazonSQS.\(operation)", "Host": "127.0.0.1:1"]
        headers["X-Amzn-Trace-Id"] = trace
        let request = HTTPRequest(method: "POST", target: "/", path: "/", headers: headers, body: body.bytes())
        let response = try #require(await QueueAPI(queues: queues).respond(to: request))
        return (response, try JSONValue(parsing: response.body))
    }

    static let url = "http://127.0.0.1:1/000000000000/jobs"

    @Test("Messages are sent, received, kept back and deleted over the API, with AWS's digests")
    func api() async throws {
        try await withQueues { queues, clock in
            let url = JSONValue.string(Self.url)
            #expect(try await call("GetQueueUrl", ["QueueName": "jobs"], queues).1 == ["QueueUrl": url])
            let attributes: JSONValue = [
                "n": ["DataType": "Number", "StringValue": "1"], "b": ["DataType": "Binary", "BinaryValue": "AQI="],
            ]
            let sent = try await call(
                "SendMessage", ["QueueUrl": url, "MessageBody": "hello", "MessageAttributes": attributes], queues,
                trace: "Root=1")
            #expect(sent.1["MD5OfMessageBody"] == "5d41402abc4b2a76b9719d911017c592")
            let received = try await call(
                "ReceiveMessage",
                [
                    "QueueUrl": url, "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"],
                    "MaxNumberOfMessages": 10,
                ], queues
            ).1["Messages"]?[0]
            #expect(received?["Body"] == "hello")
            #expect(received?["MD5OfMessageAttributes"] == sent.1["MD5OfMessageAttributes"])
            #expect(received?["MessageAttributes"]?["b"] == ["BinaryValue": "AQI=", "DataType": "Binary"])
            #expect(received?["Attributes"]?["ApproximateReceiveCount"] == "1")
            #expect(received?["Attributes"]?["AWSTraceHeader"] == "Root=1")
            let handle = try #require(received?["ReceiptHandle"])
            let more: JSONValue = ["QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 100]
            #expect(try await call("ChangeMessageVisibility", more, queues).0.status == 200)
            clock.advance(by: .seconds(99))
            #expect(try await call("ReceiveMessage", ["QueueUrl": url], queues).1 == [:])
            #expect(
                try await call("DeleteMessage", ["QueueUrl": url, "ReceiptHandle": handle], queues).0.status == 200)
            let counts = try await call("GetQueueAttributes", ["QueueUrl": url, "AttributeNames": ["All"]], queues).1
            #expect(counts["Attributes"]?["ApproximateNumberOfMessagesNotVisible"] == "0")
            #expect(counts["Attributes"]?["RedrivePolicy"]?.stringValue?.contains("maxReceiveCount") == true)
        }
    }

    @Test(
        "What is wrong with a request is named as AWS names it",
        arguments: [
            ("SendMessage", #"{"QueueUrl": "http://x/1/none", "MessageBody": "x"}"#, "QueueDoesNotExist"),
            ("SendMessage", #"{"QueueUrl": "\#(url)"}"#, "MissingParameter"),
            (
                "SendMessage", #"{"QueueUrl": "\#(url)", "MessageBody": "x", "DelaySeconds": 901}"#,
                "InvalidParameterValue"
            ),
            ("ReceiveMessage", #"{"QueueUrl": "\#(url)", "MaxNumberOfMessages": 11}"#, "InvalidParameterValue"),
            ("DeleteMessage", #"{"QueueUrl": "\#(url)", "ReceiptHandle": "x"}"#, "ReceiptHandleIsInvalid"),
            ("SendMessageBatch", #"{"QueueUrl": "\#(url)", "Entries": []}"#, "EmptyBatchRequest"),
            ("CreateQueue", "{}", "UnsupportedOperation"),
        ])
    func apiErrors(operation: String, body: String, name: String) async throws {
        try await withQueues { queues, _ in
            let (response, json) = try await call(operation, try JSONValue(parsing: body), queues)
            #expect(response.status >= 400)
            #expect(json["__type"]?.stringValue == "com.amazonaws.sqs#\(name)")
            #expect(response.headers["x-amzn-query-error"] != nil)
        }
    }

    // MARK: - The store

    @Test("A folder of layout 3 gets the queues' tables, and its deliveries are made")
    func migration() async throws {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/executions.sqlite"
            let clock = ManualClock()
            do {
                let store = try await ExecutionStore(path: path)
                try await store.enqueue([
                    QueuedDelivery(
                        target: .function(arn: "f"), origin: "o", name: "n", payload: [0x7B, 0x7D],
                        acceptedAt: clock.now,
                        due: clock.now)
                ])
            }
            do {
                let database = try Database(path, access: .create)
                for statement in ["DROP TABLE messages", "ALTER TABLE deliveries DROP COLUMN details"] {
                    try database.execute(statement)
                }
                try database.execute("PRAGMA user_version = 3")
            }
            let old = try await ExecutionStore(path: path, mode: .readOnly)
            #expect(try await old.queueNames().isEmpty)
            let store = try await ExecutionStore(path: path)
            #expect(try await store.dueDeliveries(.invocation, at: clock.now, limit: 9).map(\.name) == ["n"])
            #expect(try await store.queueCounts("jobs", at: clock.now).total == 0)
        }
    }
}

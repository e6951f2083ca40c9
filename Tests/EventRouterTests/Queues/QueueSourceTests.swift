import Clocks
import Delivery
import JSON
import Synchronization
import TestSupport
import Testing

@testable import EventRouter
@testable import Template

@Suite("QueueSource", .timeLimit(.minutes(2)))
struct QueueSourceTests {
    struct World {
        let queues: MessageQueues
        let functions: ScriptedFunctions
        let clock: VirtualClock
        let problems: Notes

        func send(_ bodies: String..., trace: String? = nil) async throws {
            for body in bodies {
                _ = try await queues.send(
                    MessageQueues.Outgoing(id: "id-\(body)", body: body, traceHeader: trace),
                    to: try #require(queues.queue("jobs")))
            }
        }

        /// The bodies of each batch that the function was called with.
        func batches() throws -> [[String]] {
            try functions.calls.map { call in
                (try JSONValue(parsing: call.payload)["Records"]?.arrayValue ?? []).compactMap {
                    $0["body"]?.stringValue
                }
            }
        }

        func count(_ queue: String) async throws -> Int {
            try await queues.store.queueCounts(queue, at: clock.now).total
        }
    }

    static let arn = SampleApplication.account.functionARN("work")

    func withWorld(
        _ change: (inout Application.QueueMapping) -> Void = { _ in }, maximumReceives: Int = 2,
        allowsLoops: Bool = false, folder: String? = nil,
        start: Timestamp = ManualClock().now,
        _ answer: @escaping ScriptedFunctions.Answer = { _, _ in .success(payload: Array("null".utf8)) },
        _ body: (World) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { temporary in
            let folder = folder ?? temporary
            let clock = VirtualClock(now: start)
            let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
            let queues = MessageQueues(
                [
                    SampleApplication.queue("jobs", deadLetters: "dead", after: maximumReceives),
                    SampleApplication.queue("dead"),
                ], store: store, folder: "\(folder)/queues", clock: clock, entropy: SeededEntropy(seed: 1))
            var mapping = Application.QueueMapping(
                logicalID: "M", functionARN: Self.arn, queueARN: SampleApplication.account.queueARN("jobs"),
                position: SampleApplication.position)
            change(&mapping)
            let functions = ScriptedFunctions(answer)
            let problems = Notes([])
            let source = try #require(
                QueueSource(
                    mapping, queues: queues, functions: functions, allowsLoops: allowsLoops, clock: clock
                ) { problem in
                    problems.value.withLock { $0.append("\(problem)") }
                })
            let hold = clock.hold()
            let running = Task { try await source.run(releasing: hold) }
            try await body(World(queues: queues, functions: functions, clock: clock, problems: problems))
            running.cancel()
            await #expect(throws: CancellationError.self) { try await running.value }
        }
    }

    @Test("Messages reach the function in AWS's event and are deleted when it has succeeded")
    func event() async throws {
        try await withWorld { world in
            var message = MessageQueues.Outgoing(id: "id-1", body: "hello")
            message.attributes = ["n": .number(1)]
            _ = try await world.queues.send(message, to: try #require(world.queues.queue("jobs")))
            try await world.clock.waitUntilIdle()
            let call = try #require(world.functions.calls.first)
            #expect(call.function == Self.arn)
            let millis = "\(world.clock.now.millisecondsSinceEpoch)"
            let record = try #require(try JSONValue(parsing: call.payload)["Records"]?[0])
            #expect(record["receiptHandle"]?.stringValue?.isEmpty == false)
            var members = try #require(record.objectValue)
            members["receiptHandle"] = nil
            #expect(
                JSONValue.object(members) == [
                    "messageId": "id-1", "body": "hello",
                    "attributes": [
                        "ApproximateReceiveCount": "1", "SentTimestamp": .string(millis), "SenderId": "000000000000",
                        "ApproximateFirstReceiveTimestamp": .string(millis),
                    ],
                    "messageAttributes": [
                        "n": [
                            "stringListValues": [], "binaryListValues": [], "dataType": "Number", "stringValue": "1",
                        ]
                    ],
                    "md5OfMessageAttributes": .string(try #require(MessageAttribute.digest(of: ["n": .number(1)]))),
                    "md5OfBody": "5d41402abc4b2a76b9719d911017c592", "eventSource": "aws:sqs",
                    "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:jobs", "awsRegion": "us-east-1",
                ])
            #expect(try await world.count("jobs") == 0)
        }
    }

    @Test("A batch that is not full waits for its window, a full one does not")
    func window() async throws {
        try await withWorld({ mapping in
            mapping.batchSize = 3
            mapping.batchingWindowSeconds = 60
        }) { world in
            try await world.send("a")
            try await world.clock.advance(by: .seconds(59))
            try await world.send("b")
            #expect(world.functions.callCount == 0)
            try await world.clock.advance(by: .seconds(1))
            #expect(try world.batches() == [["a", "b"]])
            try await world.send("c", "d", "e", "f")
            try await world.clock.waitUntilIdle()
            #expect(try world.batches().dropFirst() == [["c", "d", "e"]])
            try await world.clock.advance(by: .seconds(60))
            #expect(try world.batches().last == ["f"])
            #expect(try await world.count("jobs") == 0)
        }
    }

    @Test("A function that fails gets the batch again after the visibility timeout, and the dead-letter queue then")
    func failures() async throws {
        try await withWorld({ _ in }, { _, _ in ScriptedFunctions.failure("Broken") }) { world in
            try await world.send("a", "b")
            try await world.clock.advance(by: .seconds(29))
            let first = try world.batches()
            #expect(first.flatMap { $0 } == ["a", "b"])
            try await world.clock.advance(by: .seconds(1))
            #expect(try world.batches().flatMap { $0 } == ["a", "b", "a", "b"])
            try await world.clock.advance(by: .seconds(300))
            #expect(try world.batches().flatMap { $0 }.count == 4)
            let dead = try await world.queues.store.messages(of: "dead", limit: 10)
            #expect(dead.map(\.body) == ["a", "b"])
            #expect(try await world.count("jobs") == 0)
        }
    }

    @Test(
        "Only the messages that the function names come again",
        arguments: [
            // What comes a second time of the batch a, b, c.
            (#"{"batchItemFailures": [{"itemIdentifier": "id-b"}]}"#, ["b"]),
            (#"{"batchItemFailures": [{"itemIdentifier": "id-b"}, {"itemIdentifier": "id-b"}]}"#, ["b"]),
            (#"{"batchItemFailures": []}"#, []), (#"{"batchItemFailures": null}"#, []), ("{}", []), ("null", []),
            ("", []),
            (#"{"batchItemFailures": [{"itemIdentifier": "none"}]}"#, ["a", "b", "c"]),
            (#"{"batchItemFailures": [{"itemIdentifier": ""}]}"#, ["a", "b", "c"]),
            (#"{"batchItemFailures": [{"itemIdentifier": null}]}"#, ["a", "b", "c"]),
            (#"{"batchItemFailures": [{"id": "id-b"}]}"#, ["a", "b", "c"]),
            (#"{"batchItemFailures": "id-b"}"#, ["a", "b", "c"]), (#"{"failures": []}"#, ["a", "b", "c"]),
            ("[]", ["a", "b", "c"]), ("not json", ["a", "b", "c"]),
        ])
    func itemFailures(answer: String, again: [String]) async throws {
        try await withWorld(
            { mapping in
                mapping.reportsItemFailures = true
                mapping.batchingWindowSeconds = 1
            }, maximumReceives: 9,
            { _, number in .success(payload: Array((number == 1 ? answer : "null").utf8)) }
        ) { world in
            try await world.send("a", "b", "c")
            try await world.clock.advance(by: .seconds(1))
            #expect(try await world.count("jobs") == again.count)
            try await world.clock.advance(by: .seconds(60))
            #expect(try world.batches() == [["a", "b", "c"]] + (again.isEmpty ? [] : [again]))
            #expect(try await world.count("jobs") == 0)
        }
    }

    @Test("Without the setting an answer is only an answer")
    func plainAnswers() async throws {
        try await withWorld({ _ in }, { _, _ in .success(payload: Array("not json".utf8)) }) { world in
            try await world.send("a")
            try await world.clock.waitUntilIdle()
            #expect(try await world.count("jobs") == 0)
        }
    }

    @Test("A function that is throttled is called again with the batch until that is visible, and then it comes again")
    func throttles() async throws {
        let start = ManualClock().now
        let times = Notes([])
        try await withWorld(
            maximumReceives: 9,
            { _, number in
                number < 12 ? ScriptedFunctions.failure("x", kind: .throttle) : .success(payload: Array("null".utf8))
            }
        ) { world in
            try await world.send("a")
            for second in 0...70 {
                try await world.clock.advance(to: start + .seconds(second))
                let count = world.functions.callCount
                times.value.withLock { $0 += Array(repeating: "\(second)", count: count - $0.count) }
            }
            // 1, 2, 4, 8 s later; the next would be at 31 s, and the message is visible at 30 s.
            #expect(
                times.value.withLock { $0 } == ["0", "1", "3", "7", "15", "30", "31", "33", "37", "45", "60", "61"])
            #expect(try await world.count("jobs") == 0)
        }
    }

    @Test("What no filter lets through is deleted and not worked on")
    func filters() async throws {
        try await withWorld({ $0.filters = [["body": ["kind": ["new"]]], ["body": ["plain"]]] }) { world in
            try await world.send(#"{"kind": "new"}"#, #"{"kind": "old"}"#, "plain", "other")
            try await world.clock.waitUntilIdle()
            #expect(Set(try world.batches().flatMap { $0 }) == [#"{"kind": "new"}"#, "plain"])
            #expect(try await world.count("jobs") == 0)
        }
    }

    @Test("No more batches are worked on at once than the mapping allows")
    func concurrency() async throws {
        let latch = Latch()
        try await withWorld(
            { mapping in
                mapping.batchSize = 1
                mapping.maximumConcurrency = 2
            },
            { _, _ in
                await latch.wait()
                return .success(payload: [])
            }
        ) { world in
            try await world.send("a", "b", "c", "d", "e")
            _ = try await eventually("two batches") { latch.waitingCount == 2 ? true : nil }
            latch.open()
            try await world.clock.waitUntilIdle()
            #expect(world.functions.callCount == 5)
            #expect(world.functions.peak == 2)
        }
    }

    @Test(
        "A batch that a killed process worked on comes again after its visibility timeout; nothing is lost or doubled")
    func restart() async throws {
        try await withTemporaryDirectory { folder in
            let latch = Latch()
            let stuck: ScriptedFunctions.Answer = { _, _ in
                await latch.wait()
                return ScriptedFunctions.failure("x", kind: .service)
            }
            try await withWorld(folder: folder, stuck) { world in
                try await world.send("a")
                _ = try await eventually("the call") { latch.waitingCount == 1 ? true : nil }
            }
            try await withWorld(folder: folder) { world in
                try await world.clock.advance(by: .seconds(29))
                #expect(world.functions.callCount == 0)
                try await world.clock.advance(by: .seconds(1))
                #expect(try world.batches() == [["a"]])
                #expect(try await world.count("jobs") == 0)
            }
        }
    }

    /// The trace header after so many calls of the function.
    static func trace(calls: Int) -> String? {
        (0..<calls).reduce(Lineage(header: "Root=1-2-3")) { lineage, _ in lineage.adding(arn) }.header
    }

    @Test("What a function sent to itself too often goes to the dead-letter queue; the rest of the batch is worked on")
    func recursion() async throws {
        try await withWorld({ $0.batchingWindowSeconds = 1 }) { world in
            try await world.send("new")
            try await world.send("fifteenth", trace: Self.trace(calls: Lineage.limit - 1))
            try await world.send("first", trace: Self.trace(calls: 1))
            try await world.send("loop", trace: Self.trace(calls: Lineage.limit))
            try await world.send("loop", "again", trace: Self.trace(calls: Lineage.limit + 5))
            try await world.clock.advance(by: .seconds(1))
            #expect(try world.batches() == [["new", "fifteenth", "first"]])
            // The longest of the chains goes on.
            #expect(world.functions.calls.first?.traceID == Self.trace(calls: Lineage.limit - 1))
            #expect(
                try await world.queues.store.messages(of: "dead", limit: 10).map(\.body) == ["loop", "loop", "again"])
            #expect(try await world.count("jobs") == 0)
            #expect(
                world.problems.value.withLock { $0 } == [
                    "\(Self.arn) is not called for 3 messages of the queue jobs: it sent them to itself 16 times in one "
                        + "chain of calls"
                ])
        }
    }

    @Test("A function that may send to itself is called whatever the chain")
    func allowedRecursion() async throws {
        try await withWorld(allowsLoops: true) { world in
            try await world.send("loop", trace: Self.trace(calls: 100))
            try await world.clock.waitUntilIdle()
            #expect(try world.batches() == [["loop"]])
        }
    }
}

/// Texts that are noted one after the other.
final class Notes: Sendable {
    let value: Mutex<[String]>
    init(_ initial: [String]) { value = Mutex(initial) }
}

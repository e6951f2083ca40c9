import Clocks
import Delivery
import FileSystem
import JSON
import StatesLanguage
import Storage
import TestSupport
import Testing

@testable import EventRouter

@Suite("Services as tasks", .timeLimit(.minutes(10)))
struct ServiceTests {
    private static func task(_ resource: String, _ parameters: String, _ more: String = "") -> String {
        #""A": {"Type": "Task", "Resource": "arn:aws:states:::\#(resource)", "Parameters": \#(parameters), "End": true\#(more)}"#
    }

    @Test("objects are put, read, listed, copied and deleted")
    func objects() async throws {
        try await ServiceWorld.with { world in
            let put = try await world.run(
                Self.task("aws-sdk:s3:putObject", #"{"Bucket": "data", "Key": "a/b.json", "Body": {"x": 1}}"#))
            #expect(put.status == .succeeded)
            let get = try await world.run(
                Self.task("aws-sdk:s3:getObject", #"{"Bucket": "data", "Key": "a/b.json"}"#))
            #expect(try JSONValue(parsing: get.output ?? "")["Body"] == #"{"x":1}"#)
            _ = try await world.run(
                Self.task("aws-sdk:s3:copyObject", #"{"Bucket": "data", "Key": "c", "CopySource": "data/a/b.json"}"#))
            let list = try await world.run(Self.task("aws-sdk:s3:listObjectsV2", #"{"Bucket": "data"}"#))
            let keys = try JSONValue(parsing: list.output ?? "")["Contents"]?.arrayValue?.compactMap { $0["Key"] }
            #expect(keys == ["a/b.json", "c"])
            _ = try await world.run(Self.task("aws-sdk:s3:deleteObject", #"{"Bucket": "data", "Key": "c"}"#))
            let gone = try await world.run(Self.task("aws-sdk:s3:headObject", #"{"Bucket": "data", "Key": "c"}"#))
            #expect(gone.error == "S3.NoSuchKeyException")
        }
    }

    @Test("items are put, updated, read and deleted; what is not supported is named")
    func items() async throws {
        try await ServiceWorld.with { world in
            let key = #""Key": {"pk": {"S": "k"}}"#
            _ = try await world.run(
                Self.task("dynamodb:putItem", #"{"TableName": "songs", "Item": {"pk": {"S": "k"}, "n": {"N": 1}}}"#))
            let update = #"""
                {"TableName": "songs", \#(key), "UpdateExpression": "SET #n = :n, title = :t", "ReturnValues": "ALL_NEW",
                 "ExpressionAttributeNames": {"#n": "n"}, "ExpressionAttributeValues": {":n": {"N": "2"}, ":t": {"S": "x"}}}
                """#
            let updated = try await world.run(Self.task("dynamodb:updateItem", update))
            #expect(try JSONValue(parsing: updated.output ?? "")["Attributes"]?["n"] == ["N": "2"])
            let get = try await world.run(
                Self.task("aws-sdk:dynamodb:getItem", #"{"TableName": "songs", \#(key)}"#))
            #expect(
                try JSONValue(parsing: get.output ?? "")
                    == ["Item": ["pk": ["S": "k"], "n": ["N": "2"], "title": ["S": "x"]]])
            _ = try await world.run(Self.task("dynamodb:deleteItem", #"{"TableName": "songs", \#(key)}"#))
            let gone = try await world.run(
                Self.task("aws-sdk:dynamodb:getItem", #"{"TableName": "songs", \#(key)}"#))
            #expect(gone.output == "{}")
            let none = try await world.run(Self.task("dynamodb:getItem", #"{"TableName": "none", \#(key)}"#))
            #expect(none.error == "DynamoDB.ResourceNotFoundException")
            let refused = try await world.run(
                Self.task("dynamodb:putItem", #"{"TableName": "songs", "Item": {}, "Expected": {}}"#))
            #expect(refused.error == "DynamoDB.AmazonDynamoDBException")
            #expect(refused.cause?.contains("Expected is not supported here") == true)
        }
    }

    @Test("a nested execution is waited for, and its output is text or JSON")
    func nested() async throws {
        try await ServiceWorld.with { world in
            let child = Machines.definition(
                "child", #"{"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"x": 1}, "End": true}}}"#)
            try await world.engine.register(child)
            let parameters = #"{"StateMachineArn": "\#(child.arn)", "Input": {"a": 1}}"#
            let text = try await world.run(Self.task("states:startExecution.sync", parameters))
            #expect(try JSONValue(parsing: text.output ?? "")["Output"] == #"{"x":1}"#)
            let json = try await world.run(Self.task("states:startExecution.sync:2", parameters))
            #expect(try JSONValue(parsing: json.output ?? "")["Output"] == ["x": 1])
            #expect(
                try await world.types(json) == [
                    "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted",
                    "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded",
                ])
            let failing = Machines.definition(
                "broken", #"{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}}"#)
            try await world.engine.register(failing)
            let failed = try await world.run(
                Self.task("states:startExecution.sync:2", #"{"StateMachineArn": "\#(failing.arn)"}"#))
            #expect(failed.error == "States.TaskFailed")
            #expect(try JSONValue(parsing: failed.cause ?? "")["Error"] == "E")
            let none = try await world.run(
                Self.task(
                    "states:startExecution", #"{"StateMachineArn": "arn:aws:states:us-east-1:0:stateMachine:no"}"#))
            #expect(none.error == "StepFunctions.StateMachineDoesNotExistException")
        }
    }

    @Test("a callback's token is in the message; the answer counts once, and over a restart")
    func callback() async throws {
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            let states = Self.task(
                "sqs:sendMessage.waitForTaskToken",
                #"{"QueueUrl": "https://sqs/0/queue", "MessageBody": {"t.$": "$$.Task.Token"}}"#,
                #", "HeartbeatSeconds": 10"#)
            let first = try await ServiceWorld.make(folder, ScriptedFunctions.echo, clock: clock)
            let started = try await first.start(states)
            try await first.engine.waitUntilIdle()
            let message = try #require(try first.messages("queue").first)
            let token = try #require(
                try JSONValue(parsing: message["Body"]?.stringValue ?? "")["t"]?.stringValue)
            try await first.engine.answer(token, .heartbeat)
            await first.engine.shutdown(grace: .zero)

            let world = try await ServiceWorld.make(folder, ScriptedFunctions.echo, clock: clock)
            _ = try await world.engine.recover()
            try await world.engine.waitUntilIdle()
            #expect(try world.messages("queue").count == 1, "the message is not sent again")
            await #expect(throws: ExecutionError.self) { try await world.engine.answer("bm9uZQ", .heartbeat) }
            try await world.engine.answer(token, .success(output: "{\"done\":true}"))
            let ended = try await world.ended(started)
            #expect(ended.output == #"{"done":true}"#)
            let error = await #expect(throws: ExecutionError.self) {
                try await world.engine.answer(token, .success(output: "1"))
            }
            #expect(error?.code == .taskTimedOut)
            await world.engine.shutdown(grace: .zero)
        }
    }

    @Test("a callback that never comes times out by its heartbeat")
    func heartbeat() async throws {
        try await ServiceWorld.with { world in
            let ended = try await world.run(
                Self.task(
                    "sqs:sendMessage.waitForTaskToken", #"{"QueueUrl": "q", "MessageBody": {"t.$": "$$.Task.Token"}}"#,
                    #", "HeartbeatSeconds": 10"#))
            #expect(ended.error == "States.Timeout")
            #expect(try await world.types(ended).suffix(2) == ["TaskTimedOut", "ExecutionFailed"])
        }
    }

    @Test("a worker gets an activity's work, and its answer is the state's result")
    func activity() async throws {
        try await ServiceWorld.with { world in
            let arn = "arn:aws:states:us-east-1:000000000000:activity:work"
            let started = try await world.start(
                #""A": {"Type": "Task", "Resource": "\#(arn)", "TimeoutSeconds": 60, "End": true}"#, input: ["x": 1])
            let work = try #require(try await world.engine.activityWork(arn, worker: "w"))
            #expect(work.input == #"{"x":1}"#)
            try await world.engine.answer(work.token, .failure(error: "Late", cause: "c"))
            let ended = try await world.ended(started)
            #expect(ended.error == "Late")
            #expect(
                try await world.types(ended) == [
                    "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivityFailed",
                    "ExecutionFailed",
                ])
        }
    }

    @Test("a service that nobody serves is refused by name when the execution starts; one that is mapped is a function")
    func mapped() async throws {
        let states = Self.task("glue:startJobRun.sync", #"{"JobName": "j"}"#)
        try await ServiceWorld.with { world in
            let error = await #expect(throws: ExecutionError.self) { try await world.start(states) }
            #expect(error?.code == .unservedIntegration)
            #expect(error?.detail.contains("glue:startJobRun (state A)") == true)
        }
        let functions = ScriptedFunctions { request, _ in .success(payload: request.payload) }
        try await ServiceWorld.with(functions, mapped: ["glue:startJobRun": "jobs"]) { world in
            let ended = try await world.run(states)
            #expect(ended.output == #"{"JobName":"j"}"#)
            #expect(functions.calls.map(\.function) == ["jobs"])
        }
    }

    @Test("a distributed Map reads a CSV object and leaves its results in objects")
    func distributed() async throws {
        try await ServiceWorld.with { world in
            try await world.objects.put(
                Array("id,name\n1,a\n2,\"b,c\"\n".utf8), as: "in.csv", in: "data", condition: .none)
            let states = #"""
                "A": {"Type": "Map", "End": true, "Label": "L",
                  "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "data", "Key": "in.csv"},
                    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}},
                  "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}},
                  "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data", "Prefix": "out"}}}
                """#
            let ended = try await world.run(states)
            let output = try JSONValue(parsing: ended.output ?? "null")
            let key = try #require(output["ResultWriterDetails"]?["Key"]?.stringValue)
            let manifest = try JSONValue(
                parsing: try await world.objects.get(key, in: "data", maximumByteCount: 1 << 20).bytes)
            let results = try #require(manifest["ResultFiles"]?["SUCCEEDED"]?[0]?["Key"]?.stringValue)
            let entries = try JSONValue(
                parsing: try await world.objects.get(results, in: "data", maximumByteCount: 1 << 20).bytes)
            #expect(
                entries.arrayValue?.compactMap { $0["Output"] } == [
                    #"{"id":"1","name":"a"}"#, #"{"id":"2","name":"b,c"}"#,
                ])
            let missing = try await world.run(states.replacing("in.csv", with: "none.csv"), name: "missing")
            #expect(missing.error == "States.ItemReaderFailed")
        }
    }

    @Test("a redrive goes on from the state that failed, keeps what succeeded, and counts")
    func redrive() async throws {
        let functions = ScriptedFunctions { request, number in
            // The second function fails the first time it is called.
            number == 2 ? ScriptedFunctions.failure("Broken") : .success(payload: ScriptedFunctions.appended(request))
        }
        try await ServiceWorld.with(functions) { world in
            try await world.engine.register(Machines.chain)
            let started = try await world.engine.start(
                StartRequest(stateMachineARN: Machines.chain.arn, name: "r", input: Array("{}".utf8)))
            let failed = try await world.ended(started)
            #expect(failed.error == "Broken")
            _ = try await world.engine.redrive(failed.arn)
            let ended = try await world.ended(failed)
            #expect(ended.status == .succeeded)
            #expect(ended.output == #"{"seen":["a","b","c"]}"#)
            #expect(functions.calls.map { $0.function.suffix(1) } == ["a", "b", "b", "c"])
            #expect(try await world.types(ended).contains("ExecutionRedriven"))
            let refused = await #expect(throws: ExecutionError.self) { try await world.engine.redrive(ended.arn) }
            #expect(refused?.code == .notRedrivable)
        }
    }

    @Test("a redriven execution goes on over a restart")
    func redriveRestart() async throws {
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            let broken = ScriptedFunctions { _, _ in ScriptedFunctions.failure("Broken") }
            let first = try await ServiceWorld.make(folder, broken, clock: clock)
            try await first.engine.register(Machines.chain)
            let failed = try await first.ended(
                try await first.engine.start(
                    StartRequest(stateMachineARN: Machines.chain.arn, name: "r", input: Array("{}".utf8))))
            let hold = ScriptedFunctions { _, _ in
                await Latch().wait()
                return ScriptedFunctions.failure("Never")
            }
            await first.engine.shutdown(grace: .zero)
            let second = try await ServiceWorld.make(folder, hold, clock: clock)
            _ = try await second.engine.redrive(failed.arn)
            await second.engine.shutdown(grace: .zero)
            let third = try await ServiceWorld.make(folder, ScriptedFunctions.echo, clock: clock)
            let report = try await third.engine.recover()
            #expect(report.continued == 1 && report.failed.isEmpty, "\(report)")
            #expect(try await third.ended(failed).status == .succeeded)
            await third.engine.shutdown(grace: .zero)
        }
    }

    @Test("A message to a queue of the template is kept there, with its attributes, and logged")
    func templateQueue() async throws {
        try await ServiceWorld.with { world in
            let record = try await world.run(
                #"""
                "A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true, "Parameters": {
                    "QueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/jobs", "MessageBody": {"x": 1},
                    "MessageAttributes": {"kind": {"DataType": "String", "StringValue": "test"}}}}
                """#)
            #expect(record.status == .succeeded)
            let queue = try #require(world.queues.queue("jobs"))
            let received = try await world.queues.receive(from: queue, limit: 10)
            #expect(received.map(\.body) == [#"{"x":1}"#])
            #expect(received.first?.attributes == ["kind": .string("test")])
            #expect(try world.messages("jobs").map { $0["Body"] } == [#"{"x":1}"#])
            #expect(try world.messages("jobs").first?["MessageAttributes"]?["kind"]?["StringValue"] == "test")
        }
    }
}

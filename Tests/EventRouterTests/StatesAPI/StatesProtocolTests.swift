import Clocks
import JSON
import Testing

@testable import EventRouter

@Suite("Step Functions' protocol", .timeLimit(.minutes(10)))
struct StatesProtocolTests {
    @Test("requests for other services are left to others")
    func otherServices() async throws {
        try await StatesWorld.run { world in
            for target in ["", "DynamoDB_20120810.PutItem", "AWSStepFunctionsX.ListStateMachines"] {
                #expect(await world.send(target, Array("{}".utf8)) == nil)
            }
        }
    }

    @Test("an operation that there is none of is named with 501")
    func unknownOperations() async throws {
        try await StatesWorld.run { world in
            let unknown = try await world.call("MakeCoffee", [:])
            #expect(unknown.status == 501)
            #expect(unknown.body["__type"] == "UnknownOperationException")
            #expect(unknown.body["message"]?.stringValue?.contains("MakeCoffee") == true)
        }
    }

    @Test("a request is a POST to / with a JSON object of bounded size")
    func form() async throws {
        try await StatesWorld.run { world in
            let list = "AWSStepFunctions.ListStateMachines"
            let good = Array("{}".utf8)
            #expect(await world.send(list, good)?.status == 200)
            #expect(await world.send(list, [])?.status == 200)
            #expect(await world.send(list, good, method: "GET")?.status == 400)
            #expect(await world.send(list, good, path: "/x")?.status == 400)
            let bodies: [[UInt8]] = [
                Array("[]".utf8), Array("\"x\"".utf8), Array("{".utf8), Array("{} {}".utf8), Array("nope".utf8),
                [0xFF, 0xFE], Array(#"{"name":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8),
                Array(repeating: UInt8(ascii: "["), count: 100_000),
            ]
            for body in bodies {
                let response = try #require(await world.send(list, body))
                #expect(response.status == 400)
                #expect(try JSONValue(parsing: response.body)["__type"] == "SerializationException")
            }
            let huge = Array(repeating: UInt8(ascii: " "), count: StatesAPI.maximumBodyByteCount + 1)
            #expect(await world.send(list, huge)?.status == 413)
        }
    }

    /// Operations with their parameters as they would be right, each of which is then spoilt.
    static let requests: [(operation: String, required: [String: JSONValue], optional: [String: JSONValue])] = {
        let machine: JSONValue = "arn:aws:states:us-east-1:111111111111:stateMachine:m"
        let execution: JSONValue = "arn:aws:states:us-east-1:111111111111:execution:m:e"
        let activity: JSONValue = "arn:aws:states:us-east-1:111111111111:activity:a"
        let settings: [String: JSONValue] = [
            "loggingConfiguration": [:], "tracingConfiguration": [:], "publish": true, "versionDescription": "d",
        ]
        let page: [String: JSONValue] = ["maxResults": 1, "nextToken": "t"]
        return [
            (
                "CreateStateMachine",
                ["name": "m", "definition": .string(StatesWorld.pass), "roleArn": .string(StatesWorld.role)],
                settings.merging(["type": "STANDARD", "tags": []]) { $1 }
            ),
            ("UpdateStateMachine", ["stateMachineArn": machine], settings.merging(["definition": "{}"]) { $1 }),
            ("DescribeStateMachine", ["stateMachineArn": machine], ["includedData": "ALL_DATA"]),
            ("DescribeStateMachineForExecution", ["executionArn": execution], ["includedData": "ALL_DATA"]),
            ("DeleteStateMachine", ["stateMachineArn": machine], [:]),
            ("ListStateMachines", [:], page),
            ("ValidateStateMachineDefinition", ["definition": "{}"], ["type": "EXPRESS", "severity": "ERROR"]),
            ("PublishStateMachineVersion", ["stateMachineArn": machine], ["revisionId": "r", "description": "d"]),
            ("ListStateMachineVersions", ["stateMachineArn": machine], page),
            ("DeleteStateMachineVersion", ["stateMachineVersionArn": .string(machine.stringValue! + ":1")], [:]),
            ("CreateStateMachineAlias", ["name": "a", "routingConfiguration": []], ["description": "d"]),
            ("UpdateStateMachineAlias", ["stateMachineAliasArn": machine], ["description": "d"]),
            ("DescribeStateMachineAlias", ["stateMachineAliasArn": machine], [:]),
            ("ListStateMachineAliases", ["stateMachineArn": machine], page),
            ("DeleteStateMachineAlias", ["stateMachineAliasArn": machine], [:]),
            ("TagResource", ["resourceArn": machine, "tags": []], [:]),
            ("UntagResource", ["resourceArn": machine, "tagKeys": []], [:]),
            ("ListTagsForResource", ["resourceArn": machine], [:]),
            ("StartExecution", ["stateMachineArn": machine], ["name": "e", "input": "{}", "traceHeader": "t"]),
            ("StartSyncExecution", ["stateMachineArn": machine], ["name": "e", "input": "{}"]),
            ("StopExecution", ["executionArn": execution], ["error": "e", "cause": "c"]),
            ("DescribeExecution", ["executionArn": execution], ["includedData": "ALL_DATA"]),
            ("ListExecutions", ["stateMachineArn": machine], page.merging(["statusFilter": "FAILED"]) { $1 }),
            ("GetExecutionHistory", ["executionArn": execution], page.merging(["reverseOrder": true]) { $1 }),
            ("CreateActivity", ["name": "a"], ["tags": []]),
            ("DescribeActivity", ["activityArn": activity], [:]),
            ("ListActivities", [:], page),
            ("DeleteActivity", ["activityArn": activity], [:]),
        ]
    }()

    @Test("a parameter that is missing, or of the wrong type, is an error that names it", arguments: requests.indices)
    func parameters(index: Int) async throws {
        let (operation, required, optional) = Self.requests[index]
        try await StatesWorld.run { world in
            let all = required.merging(optional) { $1 }
            for (name, _) in required {
                for missing in [true, false] {
                    var members = required
                    members[name] = missing ? nil : .null
                    let (status, body) = try await world.call(operation, .object(JSONObject(members.map { $0 })))
                    #expect(status == 400, "\(operation) without \(name)")
                    // Of two that may be given, one is needed.
                    guard operation != "ListExecutions" else { continue }
                    #expect(body["__type"] == "ValidationException", "\(operation) without \(name)")
                    #expect(body["message"]?.stringValue?.contains("'\(name)'") == true, "\(body.text())")
                }
            }
            for (name, right) in all {
                let wrong: [JSONValue] = [true, 7.5, "x", ["x"], [[:]], ["x": 1], [7]]
                for value in wrong where value.kindName != right.kindName {
                    var members = required
                    members[name] = value
                    let (status, body) = try await world.call(operation, .object(JSONObject(members.map { $0 })))
                    #expect(status == 400, "\(operation) with \(name) = \(value.text()): \(body.text())")
                    #expect(body["__type"] == "SerializationException", "\(operation), \(name) = \(value.text())")
                }
            }
        }
    }

    @Test("requests with bytes changed at random are answered, good or bad", arguments: requests.indices)
    func mutations(index: Int) async throws {
        let (operation, required, optional) = Self.requests[index]
        let right = JSONValue.object(JSONObject(required.merging(optional) { $1 }.sorted { $0.key < $1.key })).bytes()
        let entropy = SeededEntropy(seed: UInt64(index))
        try await StatesWorld.run { world in
            for _ in 0..<60 {
                var body = right
                for _ in 0...entropy.next() % 3 {
                    let place = Int(entropy.next() % UInt64(body.count))
                    switch entropy.next() % 4 {
                    case 0: body[place] = UInt8(truncatingIfNeeded: entropy.next())
                    case 1: body.remove(at: place)
                    case 2:
                        body.insert(
                            contentsOf: [#"\u0000"#, "null", "-1", "\"", "{", "é"].map { Array($0.utf8) }[
                                Int(entropy.next() % 6)], at: place)
                    default: body.removeSubrange(place...)
                    }
                    if body.isEmpty { body = right }
                }
                let response = try #require(await world.send("AWSStepFunctions.\(operation)", body))
                let answer = try JSONValue(parsing: response.body)
                #expect(response.status == 200 || response.status == 400, "\(operation): \(answer.text())")
                #expect(response.status == 200 || answer["__type"]?.stringValue != nil)
            }
        }
    }

    @Test(
        "an ARN that is none is refused by what is wrong with it",
        arguments: [
            ("nonsense", "Invalid ARN prefix: nonsense"), ("", "at 'stateMachineArn'"), ("arn", "Invalid ARN prefix"),
            ("arn:aws:states", "Invalid ARN"), ("arn:aws:s3:us-east-1:1:stateMachine:m", "Invalid ARN"),
            ("arn:aws:states:us-east-1:1:stateMachine:", "Invalid ARN"),
            ("arn:aws:states:us-east-1:1:stateMachine:m:", "Invalid ARN"),
            ("arn:aws:states:us-east-1:1:stateMachine:m:1:2", "Invalid ARN"),
            ("arn:aws:states:us-east-1:1:activity:m", "Resource type not valid in this context: activity"),
            ("arn:aws:states:us-east-1:1:horse:m", "Resource type not valid in this context: horse"),
        ])
    func arns(text: String, detail: String) async throws {
        try await StatesWorld.run { world in
            let (status, body) = try await world.call("DescribeStateMachine", ["stateMachineArn": .string(text)])
            #expect(status == 400)
            #expect(body["__type"] == (text.isEmpty ? "ValidationException" : "InvalidArn"))
            #expect(body["message"]?.stringValue?.contains(detail) == true, "\(body.text())")
        }
    }

    @Test("numbers and words outside their bounds are refused with the bounds")
    func bounds() async throws {
        try await StatesWorld.run { world in
            for (value, rule) in [(-1, "greater than or equal to 0"), (1_001, "less than or equal to 1000")] {
                let (_, body) = try await world.call("ListStateMachines", ["maxResults": .int(value)])
                #expect(
                    body["message"]?.stringValue
                        == "1 validation error detected: Value '\(value)' at 'maxResults' failed to satisfy constraint: "
                        + "Member must have value \(rule)")
            }
            #expect(try await world.ask("ListStateMachines", ["maxResults": 0])["stateMachines"] == [])
            let long = JSONValue.string(String(repeating: "a", count: 300))
            for (operation, members) in [
                ("CreateStateMachine", ["name": long, "definition": "{}", "roleArn": "r"] as JSONValue),
                ("DescribeStateMachine", ["stateMachineArn": long]), ("CreateActivity", ["name": long]),
            ] {
                #expect(try await world.refusal(operation, members) == "ValidationException")
            }
        }
    }
}

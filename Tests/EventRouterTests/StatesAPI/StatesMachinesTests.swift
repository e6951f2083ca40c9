import Clocks
import JSON
import SQLite
import Template
import TestSupport
import Testing

@testable import EventRouter

@Suite("Step Functions' state machines", .timeLimit(.minutes(10)))
struct StatesMachinesTests {
    typealias World = StatesWorld

    static func request(_ changes: [String: JSONValue] = [:]) -> JSONValue {
        var members: JSONObject = [
            "name": "m", "definition": .string(World.pass), "roleArn": .string(World.role),
        ]
        for (key, value) in changes { members[key] = value }
        return .object(members)
    }

    @Test("the same machine may be created again; role and tags don't count, all else does")
    func idempotency() async throws {
        try await World.run { world in
            let first = try await world.ask("CreateStateMachine", Self.request())
            world.clock.advance(by: .seconds(1))
            for same in [[:], ["roleArn": "arn:aws:iam::1:role/other"], ["tags": [["key": "k"]]], ["type": "STANDARD"]]
                as [[String: JSONValue]]
            {
                #expect(try await world.ask("CreateStateMachine", Self.request(same)) == first)
            }
            let described = try await world.ask("DescribeStateMachine", ["stateMachineArn": first["stateMachineArn"]!])
            #expect(described["roleArn"] == .string(World.role))
            for other in [
                ["definition": .string(World.wait)], ["type": "EXPRESS"], ["tracingConfiguration": ["enabled": true]],
                ["publish": true],
            ] as [[String: JSONValue]] {
                #expect(
                    try await world.refusal("CreateStateMachine", Self.request(other)) == "StateMachineAlreadyExists")
            }
        }
    }

    @Test("names with blanks, brackets or control characters are refused, and roles that are no ARN")
    func names() async throws {
        try await World.run { world in
            for name in ["a b", "a/b", "a:b", "a\u{7F}", "a<b", "\u{0}"] {
                let refusal = try await world.refusal("CreateStateMachine", Self.request(["name": .string(name)]))
                #expect(refusal == "InvalidName")
            }
            for (member, value, name) in [("roleArn", "me", "InvalidArn"), ("definition", "{}", "InvalidDefinition")] {
                let refusal = try await world.refusal("CreateStateMachine", Self.request([member: .string(value)]))
                #expect(refusal == name)
            }
        }
    }

    @Test("a definition that is no JSON is told in the words of AWS's parser")
    func notJSON() async throws {
        try await World.run { world in
            let (_, body) = try await world.call("CreateStateMachine", Self.request(["definition": "not json"]))
            #expect(
                body["message"]?.stringValue?.hasPrefix(
                    "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: Unrecognized token 'not': was expecting"
                ) == true)
        }
    }

    @Test("a change makes a revision, the same again none; executions run what was there when they began")
    func update() async throws {
        try await World.run { world in
            let arn = JSONValue.string(try await world.create("m"))
            let old = try await world.start(arn.stringValue!)
            let change: JSONValue = ["stateMachineArn": arn, "definition": .string(World.wait)]
            let revision = try await world.ask("UpdateStateMachine", change)["revisionId"]
            #expect(revision != nil)
            #expect(try await world.ask("UpdateStateMachine", change)["revisionId"] == revision)
            #expect(try await world.ask("DescribeStateMachine", ["stateMachineArn": arn])["revisionId"] == revision)
            let new = try await world.start(arn.stringValue!)
            for (execution, text, number) in [(old, World.pass, nil), (new, World.wait, revision)] {
                let found = try await world.ask(
                    "DescribeStateMachineForExecution", ["executionArn": .string(execution)])
                #expect(found["definition"] == .string(text))
                #expect(found["revisionId"] == number)
            }
            #expect(
                try await world.refusal("UpdateStateMachine", ["stateMachineArn": arn]) == "MissingRequiredParameter")
            #expect(
                try await world.refusal("UpdateStateMachine", ["stateMachineArn": arn, "definition": "{}"])
                    == "InvalidDefinition")
        }
    }

    @Test("a machine that is deleted goes with the last of its executions")
    func deletion() async throws {
        try await World.run { world in
            let arn = JSONValue.string(try await world.create("m", World.wait))
            let execution = try await world.start(arn.stringValue!)
            try await world.ask("DeleteStateMachine", ["stateMachineArn": arn])
            #expect(try await world.ask("DescribeStateMachine", ["stateMachineArn": arn])["status"] == "DELETING")
            for (operation, members) in [
                ("StartExecution", ["stateMachineArn": arn] as JSONValue), ("CreateStateMachine", Self.request()),
                ("UpdateStateMachine", ["stateMachineArn": arn, "roleArn": .string(World.role)]),
                ("PublishStateMachineVersion", ["stateMachineArn": arn]),
            ] {
                #expect(try await world.refusal(operation, members) == "StateMachineDeleting")
            }
            try await world.engine.waitUntilIdle()
            world.clock.advance(by: .seconds(60))
            #expect(try await world.engine.waitUntilEnded(execution).status == .succeeded)
            #expect(
                try await world.refusal("DescribeStateMachine", ["stateMachineArn": arn]) == "StateMachineDoesNotExist")
            // Its executions are kept, and a machine of its name may be made anew.
            #expect(
                try await world.ask("DescribeExecution", ["executionArn": .string(execution)])["status"] == "SUCCEEDED")
            try await world.ask("CreateStateMachine", Self.request())
        }
    }

    @Test("an alias sends executions to its versions by weight")
    func aliasWeights() async throws {
        try await World.run { world in
            let arn = try await world.create("m", World.pass, ["publish": true])
            try await world.ask(
                "UpdateStateMachine",
                ["stateMachineArn": .string(arn), "definition": .string(World.fail), "publish": true])
            func route(_ first: Int, _ second: Int) -> JSONValue {
                [
                    ["stateMachineVersionArn": .string("\(arn):1"), "weight": .int(first)],
                    ["stateMachineVersionArn": .string("\(arn):2"), "weight": .int(second)],
                ]
            }
            let alias = try await world.ask(
                "CreateStateMachineAlias", ["name": "live", "routingConfiguration": route(80, 20)])[
                    "stateMachineAliasArn"]
            var counts: [String: Int] = [:]
            for _ in 0..<300 {
                let execution = try await world.start(try #require(alias?.stringValue))
                let described = try await world.ask("DescribeExecution", ["executionArn": .string(execution)])
                #expect(described["stateMachineAliasArn"] == alias)
                counts[described["stateMachineVersionArn"]?.stringValue ?? "", default: 0] += 1
            }
            #expect(counts.count == 2)
            // 240 are expected, with a deviation of 7.
            #expect((205...275).contains(counts["\(arn):1"] ?? 0), "\(counts)")
            try await world.ask(
                "UpdateStateMachineAlias", ["stateMachineAliasArn": alias!, "routingConfiguration": route(0, 100)])
            for _ in 0..<20 {
                let ended = try await world.engine.waitUntilEnded(try await world.start(alias!.stringValue!))
                #expect(ended.status == .failed)
            }
            #expect(
                try await world.all("ListExecutions", "executions", ["stateMachineArn": alias!], pageCount: 7).count
                    == 320)
            #expect(
                try await world.refusal("DeleteStateMachineVersion", ["stateMachineVersionArn": .string("\(arn):2")])
                    == "ConflictException")
            for (first, second) in [(50, 40), (101, -1)] {
                #expect(
                    try await world.refusal(
                        "UpdateStateMachineAlias",
                        ["stateMachineAliasArn": alias!, "routingConfiguration": route(first, second)])
                        == "ValidationException")
            }
            // The machine's own definition stays what it is; the alias is described by its heaviest version.
            #expect(
                try await world.ask("DescribeStateMachine", ["stateMachineArn": alias!])["definition"]
                    == .string(World.fail))
        }
    }

    @Test("a version is published only of the revision that is meant")
    func publishing() async throws {
        try await World.run { world in
            let arn = JSONValue.string(try await world.create("m"))
            #expect(
                try await world.refusal(
                    "PublishStateMachineVersion", ["stateMachineArn": arn, "revisionId": "another"])
                    == "ConflictException")
            let first = try await world.ask(
                "PublishStateMachineVersion", ["stateMachineArn": arn, "revisionId": "INITIAL", "description": "one"])
            #expect(try await world.ask("PublishStateMachineVersion", ["stateMachineArn": arn]) == first)
            let version = first["stateMachineVersionArn"]!
            #expect(try await world.ask("DescribeStateMachine", ["stateMachineArn": version])["description"] == "one")
            #expect(
                try await world.refusal("DescribeStateMachine", ["stateMachineArn": .string(arn.stringValue! + ":9")])
                    == "StateMachineDoesNotExist")
        }
    }

    @Test("tags are set, replaced, listed in order and limited in number")
    func tags() async throws {
        try await World.run { world in
            let arn = JSONValue.string(try await world.create("m", World.pass, ["tags": [["key": "a", "value": "1"]]]))
            try await world.ask(
                "TagResource",
                ["resourceArn": arn, "tags": [["key": "b", "value": "2"], ["key": "a", "value": "3"]]])
            #expect(
                try await world.ask("ListTagsForResource", ["resourceArn": arn])["tags"]
                    == [["key": "a", "value": "3"], ["key": "b", "value": "2"]])
            let many = JSONValue.array((0..<49).map { ["key": .string("t\($0)"), "value": ""] })
            #expect(try await world.refusal("TagResource", ["resourceArn": arn, "tags": many]) == "TooManyTags")
            let missing: JSONValue = "arn:aws:states:us-east-1:111111111111:activity:none"
            #expect(try await world.refusal("ListTagsForResource", ["resourceArn": missing]) == "ResourceNotFound")
        }
    }

    @Test("what was made over the API is there after a restart, and runs")
    func restart() async throws {
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            var before: [JSONValue] = []
            func look(_ world: World, _ arn: String) async throws -> [JSONValue] {
                let machine = JSONValue.string(arn)
                return [
                    try await world.ask("ListStateMachines", [:]),
                    try await world.ask("DescribeStateMachine", ["stateMachineArn": machine]),
                    try await world.ask("DescribeStateMachine", ["stateMachineArn": .string(arn + ":1")]),
                    try await world.ask("ListStateMachineVersions", ["stateMachineArn": machine]),
                    try await world.ask("DescribeStateMachineAlias", ["stateMachineAliasArn": .string(arn + ":live")]),
                    try await world.ask("ListTagsForResource", ["resourceArn": machine]),
                    try await world.ask("ListActivities", [:]),
                    try await world.ask("ListExecutions", ["stateMachineArn": machine]),
                ]
            }
            let arn = try await World.with(folder, clock: clock) { world in
                let arn = try await world.create(
                    "m", World.pass,
                    ["publish": true, "versionDescription": "one", "tags": [["key": "k", "value": "v"]]])
                try await world.ask(
                    "UpdateStateMachine",
                    [
                        "stateMachineArn": .string(arn), "definition": .string(World.fail),
                        "tracingConfiguration": ["enabled": true],
                        "encryptionConfiguration": ["type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "key"],
                    ])
                try await world.ask(
                    "CreateStateMachineAlias",
                    [
                        "name": "live",
                        "routingConfiguration": [["stateMachineVersionArn": .string(arn + ":1"), "weight": 100]],
                    ])
                try await world.ask("CreateActivity", ["name": "a"])
                let execution = try await world.start(arn + ":live", ["name": "e", "traceHeader": "Root=1"])
                _ = try await world.engine.waitUntilEnded(execution)
                before = try await look(world, arn)
                return arn
            }
            clock.advance(by: .seconds(3_600))
            try await World.with(folder, clock: clock, seed: 2) { world in
                #expect(try await look(world, arn) == before)
                let byAlias = try await world.engine.waitUntilEnded(try await world.start(arn + ":live"))
                #expect(byAlias.status == .succeeded)
                #expect(try await world.engine.waitUntilEnded(try await world.start(arn)).status == .failed)
            }
        }
    }

    @Test("a file of the layout before gets what is new, and keeps what it has")
    func earlierLayout() async throws {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/executions.sqlite"
            do {
                let database = try Database(path, access: .create)
                for statement in ExecutionStore.schema { try database.execute(statement) }
                try database.execute("INSERT INTO memory(name, value) VALUES('kept', x'01')")
                try database.execute("PRAGMA user_version = 1")
            }
            try await World.with(folder) { world in
                let arn = try await world.create("m")
                #expect(try await world.engine.waitUntilEnded(try await world.start(arn)).status == .succeeded)
            }
            let database = try Database(path, access: .readOnly)
            #expect(try database.integer("SELECT count(*) FROM memory WHERE name = 'kept'") == 1)
            #expect(try database.integer("PRAGMA user_version") == ExecutionStore.schemaVersion)
        }
    }

    @Test("a Map state's label leads to the machine that has it, and only where it is described")
    func labels() async throws {
        let definition =
            #"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":"#
            + #"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}"#
        try await World.run { world in
            let arn = try await world.create("m", definition)
            let found = try await world.ask("DescribeStateMachine", ["stateMachineArn": .string(arn + "/M")])
            #expect(found["label"] == "M" && found["definition"] == .string(definition))
            for (operation, member) in [
                ("DescribeStateMachine", "/N"), ("StartExecution", "/M"), ("ListExecutions", "/M"),
                ("UpdateStateMachine", "/M"),
            ] {
                let refusal = try await world.refusal(operation, ["stateMachineArn": .string(arn + member)])
                #expect(refusal == "StateMachineDoesNotExist")
            }
        }
    }

    @Test("calls at once come to what one after the other would")
    func concurrency() async throws {
        try await World.run { world in
            let answers = try await withThrowingTaskGroup(of: JSONValue.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await world.ask("CreateStateMachine", Self.request(["publish": true])) }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(answers.count == 1)
            let arn = try #require(answers.first?["stateMachineArn"])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await world.ask(
                            "UpdateStateMachine",
                            [
                                "stateMachineArn": arn, "roleArn": .string("\(World.role)-\(number)"),
                                "publish": true,
                            ])
                    }
                }
                try await group.waitForAll()
            }
            let versions = try await world.ask("ListStateMachineVersions", ["stateMachineArn": arn])
            #expect(versions["stateMachineVersions"]?.arrayValue?.count == 21)
        }
    }

    @Test("the template's machines are listed; a new template changes them, and takes away what it no longer has")
    func templates() async throws {
        func template(_ name: String, _ definition: String) -> Application.StateMachine {
            Application.StateMachine(
                logicalID: name, name: name, arn: World.account.stateMachineARN(name), roleARN: World.role,
                kind: .standard, definition: Application.Definition(json: Array(definition.utf8), file: "t.yaml"),
                isTraced: true, position: TemplatePosition(file: "t.yaml", line: 1, column: 1))
        }
        func names(_ world: World) async throws -> [String] {
            try await world.ask("ListStateMachines", [:])["stateMachines"]?.arrayValue?
                .compactMap { $0["name"]?.stringValue } ?? []
        }
        try await withTemporaryDirectory { folder in
            try await World.with(folder, templates: [template("a", World.pass), template("b", World.pass)]) { world in
                _ = try await world.create("c")
                #expect(try await names(world) == ["a", "b", "c"])
                let found = try await world.ask(
                    "DescribeStateMachine", ["stateMachineArn": .string(World.account.stateMachineARN("a"))])
                #expect(found["revisionId"] == nil && found["tracingConfiguration"] == ["enabled": true])
                try await world.ask("PublishStateMachineVersion", ["stateMachineArn": found["stateMachineArn"]!])
            }
            try await World.with(folder, templates: [template("a", World.fail)]) { world in
                #expect(try await names(world) == ["a", "c"])
                let arn = JSONValue.string(World.account.stateMachineARN("a"))
                let found = try await world.ask("DescribeStateMachine", ["stateMachineArn": arn])
                #expect(found["definition"] == .string(World.fail) && found["revisionId"] != nil)
                #expect(
                    try await world.ask("ListStateMachineVersions", ["stateMachineArn": arn])["stateMachineVersions"]?
                        .arrayValue?.count == 1)
                #expect(
                    try await world.engine.waitUntilEnded(try await world.start(arn.stringValue!)).status == .failed)
            }
        }
    }
}

import Clocks
import FileSystem
import HTTPServer
import JSON
import Template
import TestSupport
import Testing

@testable import EventRouter

/// The API over a store in a folder, with a clock that stands still and functions that are scripted.
struct StatesWorld {
    let store: ExecutionStore
    let engine: ExecutionEngine
    let clock: ManualClock
    let api: StatesAPI

    /// The account of the recordings.
    static let account = AccountContext(accountID: "111111111111")
    static let role = "arn:aws:iam::111111111111:role/sfn-role"
    static let pass = #"{"StartAt":"P","States":{"P":{"Type":"Pass","Result":{"a":1},"End":true}}}"#
    static let wait = #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}"#
    static let fail = #"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Bad","Cause":"so it is"}}}"#

    static func with<Result>(
        _ folder: String, clock: ManualClock = ManualClock(), seed: UInt64 = 1,
        templates: [Application.StateMachine] = [], functions: any FunctionInvoking = ScriptedFunctions.echo,
        hasServices: Bool = false, retention: ExecutionStore.Retention = ExecutionStore.Retention(),
        _ body: (StatesWorld) async throws -> Result
    ) async throws -> Result {
        let store = try await ExecutionStore(path: "\(folder)/executions.sqlite", retention: retention)
        let entropy = SeededEntropy(seed: seed)
        let engine = ExecutionEngine(
            store: store, functions: functions, clock: clock, entropy: entropy)
        if hasServices { try await use(services: folder, engine, store, functions, clock, entropy) }
        let api = StatesAPI(store: store, engine: engine, clock: clock, entropy: entropy, account: account)
        #expect(try await api.restore(templates).isEmpty)
        _ = try await engine.recover()
        let result = try await body(StatesWorld(store: store, engine: engine, clock: clock, api: api))
        await engine.shutdown(grace: .zero)
        return result
    }

    /// Has an engine do the work of services, with the folder's buckets and queues.
    private static func use(
        services folder: String, _ engine: ExecutionEngine, _ store: ExecutionStore, _ functions: any FunctionInvoking,
        _ clock: ManualClock, _ entropy: SeededEntropy
    ) async throws {
        let data = try DataFolder(folder)
        let (routes, _) = EventRoutes.compile(Application(file: "t", account: account))
        let dispatcher = DeliveryDispatcher(
            store: store, functions: functions, executions: engine, routes: routes, clock: clock, entropy: entropy
        ) { _ in }
        await engine.use(
            ServiceTasks(
                objects: data.stores.objects, tables: { _ in nil },
                queues: MessageQueues([], store: store, folder: data.queues, clock: clock, entropy: entropy),
                engine: engine,
                intake: ArrivalIntake(
                    store: store, routes: routes, clock: clock, entropy: entropy, dispatcher: dispatcher),
                functions: functions, mapped: [:], clock: clock, entropy: entropy))
    }

    static func run(_ body: (StatesWorld) async throws -> Void) async throws {
        try await withTemporaryDirectory { folder in try await with(folder, body) }
    }

    /// Sends a request as it is.
    func send(_ target: String, _ body: [UInt8], method: String = "POST", path: String = "/") async -> HTTPResponse? {
        await api.respond(
            to: HTTPRequest(
                method: method, target: path, path: path,
                headers: ["X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"], body: body))
    }

    /// Calls an operation; its answer, good or bad, with the status.
    func call(_ operation: String, _ members: JSONValue) async throws -> (status: Int, body: JSONValue) {
        let response = try #require(await send("AWSStepFunctions.\(operation)", members.bytes()))
        #expect(response.headers["Content-Type"] == "application/x-amz-json-1.0")
        #expect(response.headers["x-amzn-RequestId"]?.utf8.count == 36)
        return (response.status, try JSONValue(parsing: response.body))
    }

    /// Calls an operation that must succeed.
    @discardableResult
    func ask(
        _ operation: String, _ members: JSONValue, _ location: SourceLocation = #_sourceLocation
    ) async throws -> JSONValue {
        let (status, body) = try await call(operation, members)
        try #require(status == 200, "\(operation): \(body.text())", sourceLocation: location)
        return body
    }

    /// The error that an operation answers; nil when it succeeds.
    func refusal(_ operation: String, _ members: JSONValue) async throws -> String? {
        let (status, body) = try await call(operation, members)
        guard status != 200 else { return nil }
        #expect(body["message"]?.stringValue?.isEmpty == false)
        return body["__type"]?.stringValue
    }

    /// Makes a state machine and returns its ARN.
    func create(
        _ name: String, _ definition: String = pass, _ more: JSONObject = [:],
        _ location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        var members: JSONObject = [
            "name": .string(name), "definition": .string(definition), "roleArn": .string(StatesWorld.role),
        ]
        for (key, value) in more { members[key] = value }
        let answer = try await ask("CreateStateMachine", .object(members), location)
        return try #require(answer["stateMachineArn"]?.stringValue, sourceLocation: location)
    }

    /// Starts an execution and returns its ARN.
    func start(_ machine: String, _ more: JSONObject = [:]) async throws -> String {
        var members: JSONObject = ["stateMachineArn": .string(machine)]
        for (key, value) in more { members[key] = value }
        let answer = try await ask("StartExecution", .object(members))
        return try #require(answer["executionArn"]?.stringValue)
    }

    /// All entries of a list, page by page.
    func all(_ operation: String, _ list: String, _ members: JSONObject, pageCount: Int) async throws -> [JSONValue] {
        var entries: [JSONValue] = []
        var members = members
        members["maxResults"] = .int(pageCount)
        while true {
            let page = try await ask(operation, .object(members))
            let found = try #require(page[list]?.arrayValue)
            #expect(found.count <= pageCount)
            entries += found
            guard let token = page["nextToken"] else { return entries }
            #expect(found.count == pageCount, "a page before the last is full")
            members["nextToken"] = token
        }
    }
}

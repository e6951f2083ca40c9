import Clocks
import FileSystem
import JSON
import StatesLanguage

/// Tries one state of a machine, as AWS's TestState does.
struct TestState: Verb {
    static let name = "test-state"
    static let summary = "tries one state with an input, as Step Functions' TestState does, and shows what came of it"
    static let options = [
        Option.value("definition", "FILE", "the definition of the state, or of a machine that has it"),
        .value("state", "NAME", "the state of the machine"),
        .value("input", "FILE", "the state's input ({})"),
        .value("level", "LEVEL", "info, debug or trace: how much of the processing is shown (info)"),
        .value("mock", "FILE", "what stands for the state's work: {\"result\": ...} or {\"errorOutput\": ...}"),
        .value("context", "FILE", "the context object; needs a mock"),
        .value("variables", "FILE", "an object of variables"),
        .value("configuration", "FILE", "TestState's stateConfiguration, {\"retrierRetryCount\": 1}"), .json,
    ]
    static let details =
        "Tasks, Map and Parallel states need a mock: nothing is run. Exit status 0 when the state succeeded or its error was "
        + "caught."

    /// Bytes of a file at most: above what TestState takes.
    private static let maximumByteCount = 4 << 20

    private let request: JSONValue
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        guard let definition = arguments.value("definition") else {
            throw UsageError("--definition is missing: the file with the state or its machine")
        }
        var request: JSONObject = ["definition": .string(try TestState.text(of: definition))]
        request["stateName"] = arguments.value("state").map { .string($0) }
        for name in ["input", "context", "variables"] {
            if let file = arguments.value(name) { request[name] = .string(try TestState.text(of: file)) }
        }
        let level = arguments.value("level") ?? "info"
        guard ["info", "debug", "trace"].contains(level.lowercased()) else {
            throw UsageError("--level takes info, debug or trace, not '\(level)'")
        }
        request["inspectionLevel"] = .string(level.uppercased())
        if let file = arguments.value("mock") { request["mock"] = try TestState.mock(in: file) }
        if let file = arguments.value("configuration") { request["stateConfiguration"] = try TestState.json(in: file) }
        self.request = .object(request)
        asJSON = arguments.has("json")
    }

    func run() async throws -> Bool {
        var test = try StateTest(request: request)
        // No account is asked: these stand in the context object alone.
        let progress = try test.start(
            at: SystemClock().now, region: "us-east-1", account: "000000000000", seed: SystemEntropy().next())
        switch progress {
        case .task(let request):
            throw CommandError(
                "the state '\(request.state)' has work for \(TestState.worker(request.work)): give its answer with --mock"
            )
        case .done(let response):
            if asJSON {
                Console.print(response.text())
            } else {
                TestState.show(response)
            }
            return ["SUCCEEDED", "CAUGHT_ERROR"].contains(response["status"]?.stringValue)
        }
    }

    private static func worker(_ work: TaskRequest.Work) -> String {
        switch work {
        case .function(let name, _): "the function \(name)"
        case .activity(let arn, _): "workers of \(arn)"
        case .service(let service, _), .readItems(let service, _): service.name
        case .writeObjects(let bucket, _): "the bucket \(bucket)"
        }
    }

    /// Prints a row for each part of a response, the processing after the result.
    private static func show(_ response: JSONValue) {
        func text(_ value: JSONValue) -> String { value.stringValue ?? value.text() }
        var rows: [[String]] = []
        for name in ["status", "error", "cause", "nextState", "output"] {
            if let value = response[name] { rows.append([name, text(value)]) }
        }
        for (name, value) in response["inspectionData"]?.objectValue ?? [:] { rows.append([name, text(value)]) }
        Console.write(TextTable(rows, indent: 0).text)
    }

    /// A mock as TestState takes it; in a file its result may stand as JSON instead of its text.
    private static func mock(in file: String) throws -> JSONValue {
        guard var mock = try json(in: file).objectValue else {
            throw CommandError("\(file): a mock is an object with result or errorOutput")
        }
        if let result = mock["result"], result.stringValue == nil { mock["result"] = .string(result.text()) }
        return .object(mock)
    }

    private static func text(of file: String) throws -> String {
        String(decoding: try FileSystem.readFile(file, maximumByteCount: maximumByteCount), as: UTF8.self)
    }

    private static func json(in file: String) throws -> JSONValue {
        do {
            return try JSONValue(parsing: try text(of: file))
        } catch let error as JSONError {
            throw CommandError("\(file): \(error)")
        }
    }
}

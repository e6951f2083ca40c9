import Clocks
import JSON
import StatesLanguage

extension StatesAPI {
    /// A start that a request asks for.
    private struct Start {
        var found: FoundMachine
        var name: String?
        var input: [UInt8]
        var traceHeader: String?
        var testCase: String?
    }

    /// Reads a start and finds what it is of; an alias picks one of its versions now.
    private func start(_ parameters: StatesParameters) async throws -> Start {
        let (text, testCase) = MockConfiguration.split(try parameters.string("stateMachineArn", 1...256))
        let arn = try StatesARN(text, .stateMachine)
        let name = try parameters.optionalString("name", 1...80)
        let input =
            try parameters.optionalString(
                "input", 0...ExecutionEngine.maximumInputByteCount, isShown: false) ?? "{}"
        let trace = try parameters.optionalString("traceHeader", 0...256)
        if let name, !ExecutionEngine.isValidName(name) { throw StatesError.invalidName(name) }
        let found = try await find(arn, fraction: arn.alias == nil ? 0 : entropy.fraction())
        guard !found.machine.isDeleting else { throw StatesError.deleting(arn.text) }
        try StatesAPI.checkInput(input)
        if let testCase { try await check(testCase, of: found) }
        return Start(found: found, name: name, input: Array(input.utf8), traceHeader: trace, testCase: testCase)
    }

    /// Refuses a test case that the mock configuration does not have: its mistakes would show as missing functions.
    private func check(_ testCase: String, of found: FoundMachine) async throws {
        guard let mocks = await engine.mocks else {
            throw StatesError.validation(
                "the test case '\(testCase)' needs a mock configuration: start the router with --mock-config FILE")
        }
        let name = found.machine.name
        guard mocks.testCases(of: name).contains(testCase) else {
            throw StatesError.validation(
                "the mock configuration has no test case '\(testCase)' of the state machine '\(name)'")
        }
    }

    private static func checkInput(_ text: String) throws(StatesError) {
        func refusal(_ detail: String) -> StatesError {
            StatesError("InvalidExecutionInput", "Invalid State Machine Execution Input: '\(detail)'")
        }
        guard !text.isEmpty else { throw refusal("Invalid execution input.") }
        let bytes = Array(text.utf8)
        do { _ = try JSONValue(parsing: bytes) } catch { throw refusal(JSONMistake(error, in: bytes).message) }
    }

    private func begin(_ start: Start) async throws -> ExecutionRecord {
        let machine = start.found.machine
        let open = await engine.counters.running
        guard open < engine.limits.openExecutions else {
            throw StatesError(
                "ExecutionLimitExceeded", "there are \(open) executions that have not ended: the limit is reached")
        }
        let origin = ExecutionOrigin(
            aliasARN: start.found.alias?.arn, traceHeader: start.traceHeader,
            testCase: start.testCase)
        do throws(ExecutionError) {
            return try await engine.start(
                StartRequest(
                    stateMachineARN: start.found.engineKey, name: start.name, input: start.input, origin: origin))
        } catch {
            let name = start.name ?? ""
            switch error.code {
            case .executionAlreadyExists:
                throw StatesError(error, arn: machine.machineDefinition.executionARN(name))
            case .invalidName: throw StatesError(error, arn: name)
            default: throw StatesError(error, arn: start.found.engineKey)
            }
        }
    }

    /// StartExecution.
    func startExecution(_ parameters: StatesParameters) async throws -> JSONValue {
        let record = try await begin(try await start(parameters))
        return ["executionArn": .string(record.arn), "startDate": record.startedAt.epochSeconds]
    }

    /// StartSyncExecution: starts an express execution and answers when it has ended. A client that goes away does not
    /// end it.
    func startSyncExecution(_ parameters: StatesParameters) async throws -> JSONValue {
        let hidesData = try parameters.isMetadataOnly()
        let start = try await start(parameters)
        guard start.found.machine.kind == .express else { throw StatesError.typeNotSupported }
        let started = try await begin(start)
        let record = try await engine.waitUntilEnded(started.arn)
        let stopped = record.stoppedAt ?? record.startedAt
        var members: JSONObject = [
            "executionArn": .string(record.arn), "stateMachineArn": .string(record.stateMachineARN),
            "name": .string(ExecutionRecord.givenName(record.name)), "startDate": record.startedAt.epochSeconds,
            "stopDate": stopped.epochSeconds, "status": .string(record.status.rawValue),
        ]
        members.set("error", record.error)
        members.set("cause", record.cause)
        members.setData(of: record, isHidden: hidesData)
        members.set("traceHeader", start.traceHeader)
        // Express workflows are billed by begun 100 ms and 64 MB.
        let milliseconds = Int((stopped - record.startedAt).inMilliseconds.rounded(.up))
        members["billingDetails"] = [
            "billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": .int(max(1, (milliseconds + 99) / 100) * 100),
        ]
        return .object(members)
    }

    /// StopExecution: of one that has ended, the answer is when it did.
    func stopExecution(_ parameters: StatesParameters) async throws -> JSONValue {
        let error = try parameters.optionalString("error", 0...256, isShown: false)
        let cause = try parameters.optionalString("cause", 0...32_768, isShown: false)
        let arn = try parameters.arn("executionArn", .execution)
        let found = try await execution(arn)
        do throws(ExecutionError) {
            try await engine.stop(found.record.arn, error: error, cause: cause)
        } catch {
            guard error.code == .notRunning else { throw StatesError(error, arn: found.record.arn) }
        }
        let record = try await execution(arn).record
        return ["stopDate": (record.stoppedAt ?? clock.now).epochSeconds]
    }
}

extension JSONObject {
    /// Sets an execution's input and output, or says that they are left out.
    mutating func setData(of record: ExecutionRecord, isHidden: Bool) {
        if !isHidden { self["input"] = .string(record.input) }
        self["inputDetails"] = ["included": .bool(!isHidden)]
        guard let output = record.output else { return }
        if !isHidden { self["output"] = .string(output) }
        self["outputDetails"] = ["included": .bool(!isHidden)]
    }
}

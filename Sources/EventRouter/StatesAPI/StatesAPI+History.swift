import Clocks
import JSON
import StatesLanguage

extension StatesAPI {
    /// DescribeExecution.
    func describeExecution(_ parameters: StatesParameters) async throws -> JSONValue {
        let hidesData = try parameters.isMetadataOnly()
        let found = try await execution(try parameters.arn("executionArn", .execution))
        let record = found.record
        var members = StatesAPI.summary(of: found)
        members.set("error", record.error)
        members.set("cause", record.cause)
        members.setData(of: record, isHidden: hidesData)
        members.set("traceHeader", found.origin.traceHeader)
        switch record.status {
        case .running, .succeeded:
            members["redriveStatus"] = "NOT_REDRIVABLE"
            members["redriveStatusReason"] = .string("Execution is \(record.status.rawValue) and cannot be redriven")
        case .failed, .timedOut, .aborted: members["redriveStatus"] = "REDRIVABLE"
        }
        return .object(members)
    }

    /// What lists and descriptions have in common.
    private static func summary(of found: ListedExecution) -> JSONObject {
        let record = found.record
        var members: JSONObject = [
            "executionArn": .string(record.arn), "stateMachineArn": .string(record.stateMachineARN),
            "name": .string(ExecutionRecord.givenName(record.name)), "status": .string(record.status.rawValue),
            "startDate": record.startedAt.epochSeconds,
        ]
        members["stopDate"] = record.stoppedAt?.epochSeconds
        members.set("stateMachineVersionArn", found.origin.versionARN)
        members.set("stateMachineAliasArn", found.origin.aliasARN)
        members["redriveCount"] = 0
        return members
    }

    /// ListExecutions, the newest first: of a machine, or of one of its versions or aliases.
    func listExecutions(_ parameters: StatesParameters) async throws -> JSONValue {
        let status = try parameters.choice(
            "statusFilter", ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"])
        let redrive = try parameters.choice("redriveFilter", ["REDRIVEN", "NOT_REDRIVEN"])
        let mapRun = try parameters.optionalString("mapRunArn", 1...2_000)
        let text = try parameters.optionalString("stateMachineArn", 1...256)
        if let mapRun {
            guard text == nil else {
                throw StatesError.validation("a state machine's ARN and a map run's can't be given together")
            }
            throw StatesError.noResource(try StatesARN(mapRun, .mapRun).text)
        }
        guard let text else {
            throw StatesError.validation("a state machine's ARN or a map run's must be given")
        }
        let arn = try StatesARN(text, .stateMachine)
        let scope = "executions \(arn.text) \(status ?? "") \(redrive ?? "")"
        let page = try PageRequest(parameters, scope: scope, maximumTokenLength: 3_096)
        let found = try await find(arn)
        guard found.machine.kind == .standard else { throw StatesError.typeNotSupported }
        // No execution is redriven, and none waits to be.
        guard redrive != "REDRIVEN", status != "PENDING_REDRIVE" else { return ["executions": []] }
        var filter = MachineExecutionFilter(machineARN: found.machine.arn)
        filter.aliasARN = found.alias?.arn
        filter.versionARN = found.alias == nil ? found.version?.arn : nil
        filter.status = status.flatMap(ExecutionStatus.init)
        let executions = try await store.executions(
            matching: filter, before: try page.number(), limit: page.readCount)
        return page.answer("executions", executions, position: { String($0.record.number) }) {
            .object(StatesAPI.summary(of: $0))
        }
    }

    /// GetExecutionHistory.
    func getExecutionHistory(_ parameters: StatesParameters) async throws -> JSONValue {
        let isReversed = try parameters.bool("reverseOrder") ?? false
        let hidesData = try parameters.bool("includeExecutionData") == false
        let arn = try parameters.arn("executionArn", .execution)
        let page = try PageRequest(parameters, scope: "history \(arn.text) \(isReversed)")
        let after = try page.number().flatMap { Int(exactly: $0) }
        let record = try await execution(arn).record
        let events = try await store.history(
            of: record, isReversed: isReversed, after: after, limit: page.count
        ).events
        // Events are numbered without gaps, from 1.
        let last = events.last?["id"]?.intValue
        let isLast = last.map { isReversed ? $0 <= 1 : $0 >= record.eventCount } ?? true
        return page.answer(
            "events", events.map { StatesAPI.event($0, hidesData: hidesData) },
            next: isLast ? nil : last.map { "\($0)" })
    }

    /// An event as the API has it: with its time as a number and, if need be, without the data.
    private static func event(_ recorded: JSONValue, hidesData: Bool) -> JSONValue {
        guard var members = recorded.objectValue else { return recorded }
        if let text = members["timestamp"]?.stringValue, let time = Timestamp(iso8601: text) {
            members["timestamp"] = time.epochSeconds
        }
        guard hidesData else { return .object(members) }
        for (key, value) in members {
            guard key.hasSuffix("EventDetails"), var details = value.objectValue else { continue }
            for data in ["input", "inputDetails", "output", "outputDetails", "parameters"] { details[data] = nil }
            members[key] = .object(details)
        }
        return .object(members)
    }
}

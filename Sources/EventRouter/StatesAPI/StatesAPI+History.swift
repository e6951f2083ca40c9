import Clocks
import JSON
import StatesLanguage

extension StatesAPI {
    /// Why an execution of a machine that is about to go can't go on.
    static let deletingReason = "State machine is in DELETING status"

    func isDeleting(_ record: ExecutionRecord) async throws -> Bool {
        try await store.machine(try StatesARN(record.stateMachineARN, .stateMachine).machineARN)?.isDeleting ?? false
    }

    /// DescribeExecution. An express execution is one of a map run.
    func describeExecution(_ parameters: StatesParameters) async throws -> JSONValue {
        let hidesData = try parameters.isMetadataOnly()
        var arn = try parameters.arn("executionArn", .execution, .express)
        if arn.label == nil { arn = try StatesARN(arn.text, .execution) }
        let found = try await execution(arn)
        let record = found.record
        var members = StatesAPI.summary(of: found)
        members.set("error", record.error)
        members.set("cause", record.cause)
        members.setData(of: record, isHidden: hidesData)
        members.set("traceHeader", found.origin.traceHeader)
        members.set("mapRunArn", record.mapRunARN)
        var refusal = record.redriveRefusal(at: clock.now)
        if refusal == nil, try await isDeleting(record) { refusal = StatesAPI.deletingReason }
        if let refusal {
            members["redriveStatus"] = "NOT_REDRIVABLE"
            members["redriveStatusReason"] = .string(refusal)
        } else {
            members["redriveStatus"] = record.mapRunARN == nil ? "REDRIVABLE" : "REDRIVABLE_BY_MAP_RUN"
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
        members["redriveCount"] = .int(record.redriveCount)
        members["redriveDate"] = record.redrivenAt?.epochSeconds
        return members
    }

    /// ListExecutions, the newest first: of a machine, of one of its versions or aliases, or of a map run.
    func listExecutions(_ parameters: StatesParameters) async throws -> JSONValue {
        let status = try parameters.choice(
            "statusFilter", ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"])
        let redrive = try parameters.choice("redriveFilter", ["REDRIVEN", "NOT_REDRIVEN"])
        let mapRun = try parameters.optionalString("mapRunArn", 1...2_000)
        let text = try parameters.optionalString("stateMachineArn", 1...256)
        let scope = "executions \(mapRun ?? text ?? "") \(status ?? "") \(redrive ?? "")"
        let isRedriven = redrive.map { $0 == "REDRIVEN" }
        if let mapRun {
            guard text == nil else {
                throw StatesError.validation("a state machine's ARN and a map run's can't be given together")
            }
            let arn = try StatesARN(mapRun, .mapRun)
            let page = try PageRequest(parameters, scope: scope, maximumTokenLength: 3_096)
            guard let run = try await store.mapRun(arn.text) else { throw StatesError.noResource(arn.text) }
            let children = try await store.children(
                ofMapRun: run.number, status: status.flatMap(ExecutionStatus.init), isRedriven: isRedriven,
                before: try page.number(), limit: page.readCount)
            return page.answer("executions", children, position: { String($0.record.number) }) {
                var members = StatesAPI.summary(of: $0)
                members["mapRunArn"] = .string(run.arn)
                members["itemCount"] = $0.record.itemCount.map { .int($0) }
                return .object(members)
            }
        }
        guard let text else {
            throw StatesError.validation("a state machine's ARN or a map run's must be given")
        }
        let arn = try StatesARN(text, .stateMachine)
        let page = try PageRequest(parameters, scope: scope, maximumTokenLength: 3_096)
        guard status != "PENDING_REDRIVE" else {
            throw StatesError.validation("only children of a map run are PENDING_REDRIVE: give the map run's ARN")
        }
        let found = try await find(arn)
        guard found.machine.kind == .standard else { throw StatesError.typeNotSupported }
        var filter = MachineExecutionFilter(machineARN: found.machine.arn)
        filter.aliasARN = found.alias?.arn
        filter.versionARN = found.alias == nil ? found.version?.arn : nil
        filter.status = status.flatMap(ExecutionStatus.init)
        filter.isRedriven = isRedriven
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

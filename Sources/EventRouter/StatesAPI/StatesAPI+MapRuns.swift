import Clocks
import JSON
import StatesLanguage

extension StatesAPI {
    /// ListMapRuns, the newest first.
    func listMapRuns(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("executionArn", .execution)
        let page = try PageRequest(parameters, scope: "map runs \(arn.text)")
        let record = try await execution(arn).record
        let runs = try await store.mapRuns(of: record.arn, before: try page.number(), limit: page.readCount)
        return page.answer("mapRuns", runs, position: { String($0.number) }) { run in
            var members: JSONObject = [
                "executionArn": .string(run.executionARN), "mapRunArn": .string(run.arn),
                "stateMachineArn": .string(run.machineARN), "startDate": run.startedAt.epochSeconds,
            ]
            members["stopDate"] = run.stoppedAt?.epochSeconds
            return .object(members)
        }
    }

    /// DescribeMapRun.
    func describeMapRun(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("mapRunArn", .mapRun, maximumLength: 2_000)
        guard let (run, children, items) = try await store.countedMapRun(arn.text) else {
            throw StatesError.noResource(arn.text)
        }
        var members: JSONObject = [
            "mapRunArn": .string(run.arn), "executionArn": .string(run.executionARN),
            "status": .string(run.status.rawValue), "startDate": run.startedAt.epochSeconds,
            "maxConcurrency": .int(run.maximumConcurrency), "toleratedFailureCount": .int(run.toleratedFailureCount),
            "toleratedFailurePercentage": .double(run.toleratedFailurePercentage), "itemCounts": items.json,
            "executionCounts": children.json, "redriveCount": .int(run.redriveCount),
        ]
        members["stopDate"] = run.stoppedAt?.epochSeconds
        members["redriveDate"] = run.redrivenAt?.epochSeconds
        return .object(members)
    }

    /// UpdateMapRun: has a run that is under way go on with other limits.
    func updateMapRun(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("mapRunArn", .mapRun, maximumLength: 2_000)
        let update = MapRunUpdate(
            arn: arn.text, maximumConcurrency: try parameters.integer("maxConcurrency", 0...Int(Int32.max)),
            toleratedFailureCount: try parameters.integer("toleratedFailureCount", 0...Int.max),
            toleratedFailurePercentage: try parameters.number("toleratedFailurePercentage", 0...100))
        do throws(ExecutionError) {
            try await engine.updateMapRun(update)
        } catch {
            throw StatesError(error, arn: arn.text)
        }
        return [:]
    }
}

extension MapRunCounts {
    /// As DescribeMapRun has them.
    fileprivate var json: JSONValue {
        func count(_ status: ExecutionStatus) -> JSONValue { .int(statuses[status] ?? 0) }
        return [
            "pending": .int(pending), "running": count(.running), "succeeded": count(.succeeded),
            "failed": count(.failed), "timedOut": count(.timedOut), "aborted": count(.aborted), "total": .int(total),
            "resultsWritten": .int(resultsWritten), "failuresNotRedrivable": .int(failuresNotRedrivable),
            "pendingRedrive": count(.pendingRedrive),
        ]
    }
}

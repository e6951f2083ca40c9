import JSON

extension StatesAPI {
    /// GetActivityTask: the oldest work that no worker has; an empty answer when none comes within a minute.
    func getActivityTask(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("activityArn", .activity)
        let worker = try parameters.optionalString("workerName", 1...80)
        guard try await store.activity(arn.text) != nil else {
            throw StatesError("ActivityDoesNotExist", "Activity Does Not Exist: '\(arn.text)'")
        }
        guard let work = try await engine.activityWork(arn.text, worker: worker) else { return [:] }
        return ["taskToken": .string(work.token), "input": .string(work.input)]
    }

    /// SendTaskSuccess.
    func sendTaskSuccess(_ parameters: StatesParameters) async throws -> JSONValue {
        let token = try parameters.string("taskToken", 1...2_048)
        let output = try parameters.string("output", 0...ExecutionEngine.maximumInputByteCount, isShown: false)
        guard (try? JSONValue(parsing: output)) != nil else {
            throw StatesError("InvalidOutput", "Invalid Output: 'The output is no JSON'")
        }
        try await engine.answer(token, .success(output: output))
        return [:]
    }

    /// SendTaskFailure.
    func sendTaskFailure(_ parameters: StatesParameters) async throws -> JSONValue {
        let token = try parameters.string("taskToken", 1...2_048)
        let error = try parameters.optionalString("error", 0...256, isShown: false)
        let cause = try parameters.optionalString("cause", 0...32_768, isShown: false)
        try await engine.answer(token, .failure(error: error, cause: cause))
        return [:]
    }

    /// SendTaskHeartbeat.
    func sendTaskHeartbeat(_ parameters: StatesParameters) async throws -> JSONValue {
        try await engine.answer(try parameters.string("taskToken", 1...2_048), .heartbeat)
        return [:]
    }

    /// RedriveExecution: has an execution that ended badly go on where it stood.
    func redriveExecution(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("executionArn", .execution)
        _ = try parameters.optionalString("clientToken", 1...64)
        let found = try await execution(arn)
        guard !found.record.isExpress else { throw StatesError.typeNotSupported }
        if try await isDeleting(found.record) {
            throw StatesError("ExecutionNotRedrivable", StatesAPI.deletingReason)
        }
        return ["redriveDate": try await engine.redrive(found.record.arn).epochSeconds]
    }
}

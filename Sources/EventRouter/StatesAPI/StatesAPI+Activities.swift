import Clocks
import JSON
import Template

extension StatesAPI {
    /// CreateActivity: one that is there is the answer.
    func createActivity(_ parameters: StatesParameters) async throws -> JSONValue {
        let name = try parameters.string("name", 1...80)
        let tags = try parameters.tags() ?? []
        var settings = MachineSettings()
        try settings.take(parameters)
        let encryption = settings.encryption
        guard ExecutionEngine.isValidName(name) else { throw StatesError.invalidName(name) }
        try StatesAPI.checkTags(tags)
        let machine = account.stateMachineARN(name)
        let arn = try "\(StatesARN(machine, .stateMachine).account)activity:\(name)"
        return try await gate.run {
            if let existing = try await store.activity(arn) {
                guard existing.encryption == encryption else {
                    throw StatesError("ActivityAlreadyExists", "Activity Already Exists: '\(arn)'")
                }
                return ["activityArn": .string(arn), "creationDate": existing.createdAt.epochSeconds]
            }
            let activity = ActivityRecord(arn: arn, name: name, encryption: encryption, createdAt: clock.now)
            try await store.keep(activity, tags: tags)
            return ["activityArn": .string(arn), "creationDate": activity.createdAt.epochSeconds]
        }
    }

    /// DescribeActivity.
    func describeActivity(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("activityArn", .activity)
        guard let activity = try await store.activity(arn.text) else {
            throw StatesError("ActivityDoesNotExist", "Activity Does Not Exist: '\(arn.text)'")
        }
        return [
            "activityArn": .string(activity.arn), "name": .string(activity.name),
            "creationDate": activity.createdAt.epochSeconds, "encryptionConfiguration": activity.encryption.json,
        ]
    }

    /// ListActivities.
    func listActivities(_ parameters: StatesParameters) async throws -> JSONValue {
        let page = try PageRequest(parameters, scope: "activities")
        let found = try await store.activities(after: page.position ?? "", limit: page.readCount)
        return page.answer("activities", found, position: \.arn) { activity in
            [
                "activityArn": .string(activity.arn), "name": .string(activity.name),
                "creationDate": activity.createdAt.epochSeconds,
            ]
        }
    }

    /// DeleteActivity: one that is not there is fine.
    func deleteActivity(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("activityArn", .activity)
        return try await gate.run {
            try await store.removeActivity(arn.text)
            return [:]
        }
    }
}

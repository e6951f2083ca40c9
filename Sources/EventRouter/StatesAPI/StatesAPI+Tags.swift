import JSON

extension StatesAPI {
    /// Tags of one resource at most, as AWS limits them.
    static let maximumTagCount = 50

    static func checkTags(_ tags: [ResourceTag]) throws(StatesError) {
        guard Set(tags.map(\.key)).count <= maximumTagCount else {
            throw StatesError("TooManyTags", "a resource has \(maximumTagCount) tags at most")
        }
    }

    /// The machine or activity that a request names; versions and aliases have no tags.
    private func resource(_ parameters: StatesParameters) async throws -> String {
        let arn = try parameters.arn("resourceArn", .stateMachine, .activity)
        if arn.kind == .activity {
            guard try await store.activity(arn.text) != nil else { throw StatesError.noResource(arn.text) }
        } else {
            guard arn.qualifier == nil, try await machine(arn.text) != nil else {
                throw StatesError.noResource(arn.text)
            }
        }
        return arn.text
    }

    /// TagResource.
    func tagResource(_ parameters: StatesParameters) async throws -> JSONValue {
        let tags = try parameters.required("tags", try parameters.tags())
        return try await gate.run {
            let resource = try await resource(parameters)
            let kept = try await store.tags(of: resource)
            try StatesAPI.checkTags(kept + tags)
            try await store.keep(tags, of: resource)
            return [:]
        }
    }

    /// UntagResource: keys that are not there are fine.
    func untagResource(_ parameters: StatesParameters) async throws -> JSONValue {
        let keys = try parameters.required("tagKeys", try parameters.strings("tagKeys", 1...128))
        return try await gate.run {
            try await store.removeTags(keys, of: try await resource(parameters))
            return [:]
        }
    }

    /// ListTagsForResource.
    func listTagsForResource(_ parameters: StatesParameters) async throws -> JSONValue {
        let tags = try await store.tags(of: try await resource(parameters))
        return ["tags": .array(tags.map { ["key": .string($0.key), "value": .string($0.value)] })]
    }
}

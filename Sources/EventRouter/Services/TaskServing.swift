package import JSON
package import StatesLanguage

/// Does the work of tasks that are no functions: service integrations, and what distributed Maps read and write.
package protocol TaskServing: Sendable {
    /// Whether somebody is there for a service's action.
    func serves(_ integration: ServiceIntegration) -> Bool

    /// Does a task's work once. Whatever happens is in the answer; a cancelled task is answered in any way.
    ///
    /// - Parameter submitted: To be called with the call's answer when the task goes on after it: for `.sync`.
    func answer(
        _ request: TaskRequest, of executionARN: String, submitted: @Sendable (JSONValue) async -> Void
    ) async -> ServiceAnswer
}

/// How a service answered.
package enum ServiceAnswer: Sendable, Hashable {
    case success(JSONValue)
    /// The text of an object that was read.
    case text(String)
    case failure(StateError)
}

/// A router without services.
struct NoServices: TaskServing {
    func serves(_ integration: ServiceIntegration) -> Bool { false }

    func answer(
        _ request: TaskRequest, of executionARN: String, submitted: @Sendable (JSONValue) async -> Void
    ) async -> ServiceAnswer {
        .failure(
            StateError(
                "States.Runtime", cause: "The state '\(request.state)' asks for a service, and none is served here"))
    }
}

extension StateError {
    /// An error as a service's SDK names it.
    static func service(_ name: String, _ error: String, _ message: String, statusCode: Int = 400) -> StateError {
        let short = error.hasSuffix("Exception") ? String(error.dropLast("Exception".count)) : error
        return StateError(
            "\(name).\(error)",
            cause: "\(message) (Service: \(name); Status Code: \(statusCode); Error Code: \(short); Proxy: null)")
    }
}

extension JSONValue {
    /// An answer with what the SDK adds to it.
    static func serviceAnswer(_ members: JSONObject, requestID: String) -> JSONValue {
        var members = members
        members["SdkHttpMetadata"] = [
            "AllHttpHeaders": ["x-amzn-RequestId": [.string(requestID)]],
            "HttpHeaders": ["x-amzn-RequestId": .string(requestID)], "HttpStatusCode": 200,
        ]
        members["SdkResponseMetadata"] = ["RequestId": .string(requestID)]
        return .object(members)
    }
}

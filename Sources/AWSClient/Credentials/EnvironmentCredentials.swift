/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
struct EnvironmentCredentials: CredentialSource {
    let environment: [String: String]

    var name: String { "the environment" }

    func load() async throws -> AWSCredentials? {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        switch (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        case (nil, nil): return nil
        case (let key?, let secret?):
            return AWSCredentials(
                accessKeyID: key, secretAccessKey: secret, sessionToken: variable("AWS_SESSION_TOKEN"))
        case (_?, nil): throw AWSError.credentials(name, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
        case (nil, _?): throw AWSError.credentials(name, "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not")
        }
    }
}

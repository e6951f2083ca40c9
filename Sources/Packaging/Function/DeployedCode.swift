/// Somebody who knows the code that a deployed function runs, such as AWS.
package protocol DeployedCode: Sendable {
    /// Lambda's `CodeSha256` of the function: the SHA-256 of its zip in base64.
    ///
    /// - Parameter function: The deployed function's name.
    func codeSHA256(ofFunction function: String) async throws -> String
}

/// What became of a comparison with the deployed code.
package enum DeployedComparison: Sendable, Hashable {
    case same
    case different(codeSHA256: String)
    /// With the reason, which is never "it is the same".
    case notCompared(reason: String)

    package init(_ codeSHA256: String, function: String, with deployed: some DeployedCode) async {
        do {
            let other = try await deployed.codeSHA256(ofFunction: function)
            self = other == codeSHA256 ? .same : .different(codeSHA256: other)
        } catch {
            self = .notCompared(reason: "\(error)")
        }
    }
}

package import Clocks

/// Keys that requests are signed with. No text of it shows a secret.
package struct AWSCredentials: Sendable, Hashable {
    package let accessKeyID: String
    package let secretAccessKey: String
    package let sessionToken: String?
    /// When they cease to hold; nil for never.
    package let expiration: Timestamp?

    package init(
        accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiration: Timestamp? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }
}

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "credentials \(accessKeyID.prefix(4))…" }
    package var debugDescription: String { description }
    /// Without members: `dump` and `String(reflecting:)` would show them.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// One place where credentials may be.
package protocol CredentialSource: Sendable {
    /// What and where it is, for messages.
    var name: String { get }

    /// The credentials; nil when this place isn't set up.
    ///
    /// - Throws: ``AWSError`` of kind `.credentials` when it is set up and gives none.
    func load() async throws -> AWSCredentials?
}

extension AWSError {
    static func credentials(_ source: String, _ detail: String) -> AWSError {
        AWSError(
            .credentials, code: "CredentialsUnavailable", operation: "find credentials in", resource: source,
            detail: detail)
    }
}

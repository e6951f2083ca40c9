package import Clocks

/// The credentials of the first source that has some, kept until shortly before they expire.
package actor CredentialCache {
    /// How long before their end credentials are fetched anew.
    static let refreshLead = Duration.seconds(300)

    private let sources: [any CredentialSource]
    private let clock: any WallClock
    private var kept: AWSCredentials?
    private var loading: Task<AWSCredentials, any Error>?

    package init(_ sources: [any CredentialSource], clock: any WallClock) {
        self.sources = sources
        self.clock = clock
    }

    /// - Throws: ``AWSError`` of kind `.credentials`, naming every place that was looked at when none has any.
    package func credentials() async throws -> AWSCredentials {
        if let kept, isFresh(kept, lead: CredentialCache.refreshLead) { return kept }
        do {
            return try await refresh()
        } catch {
            // What still holds is better than none, while the source is away.
            if let kept, isFresh(kept, lead: .zero) { return kept }
            throw error
        }
    }

    /// Forgets credentials that AWS calls expired.
    package func invalidate(_ credentials: AWSCredentials) {
        if kept == credentials { kept = nil }
    }

    private func isFresh(_ credentials: AWSCredentials, lead: Duration) -> Bool {
        credentials.expiration.map { clock.now + lead < $0 } ?? true
    }

    private func refresh() async throws -> AWSCredentials {
        let task: Task<AWSCredentials, any Error>
        if let loading {
            task = loading
        } else {
            // Shared by all who wait for it, so that the end of one request doesn't end it; every source has a timeout.
            task = Task { [sources] in try await CredentialCache.load(sources) }
            loading = task
        }
        let result = await task.result
        if loading == task {
            loading = nil
            if case .success(let credentials) = result { kept = credentials }
        }
        return try result.get()
    }

    private static func load(_ sources: [any CredentialSource]) async throws -> AWSCredentials {
        for source in sources {
            if let credentials = try await source.load() { return credentials }
        }
        throw AWSError.credentials(
            sources.map(\.name).joined(separator: ", "),
            "none of these has credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
    }
}

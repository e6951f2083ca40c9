/// Something that was waited for and did not happen.
public struct NeverHappened: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

/// Returns the first value that `probe` gives, asking again until then.
///
/// For states of other processes, which can't tell when they change; in-process tests wait for the state itself.
///
/// - Throws: ``NeverHappened`` naming `what` when `timeout` has passed, and whatever `probe` throws.
public func eventually<Value>(
    _ what: String, timeout: Duration = .seconds(60), _ probe: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + timeout
    while true {
        if let value = try await probe() { return value }
        guard ContinuousClock.now < deadline else { throw NeverHappened(description: "\(what) within \(timeout)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

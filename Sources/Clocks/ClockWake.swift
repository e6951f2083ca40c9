/// What a sleeper wakes for.
public struct ClockWake: Sendable, Hashable {
    /// Of sleepers that are due at the same time, a virtual clock wakes the one with the lesser name first.
    public var name: String
    /// Whether it comes again and again whatever happens, as a poll does: nothing that is waited for depends on it.
    public var isRecurring: Bool

    public init(_ name: String = "", isRecurring: Bool = false) {
        self.name = name
        self.isRecurring = isRecurring
    }
}

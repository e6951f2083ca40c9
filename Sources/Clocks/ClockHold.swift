import Synchronization

/// Keeps a virtual clock from moving for as long as something is being done; of other clocks it means nothing.
///
/// Work that is handed on from one task to another takes its hold before the one that hands it on lets go of its own, so
/// there is no moment in between in which the time could move. A hold that is dropped is released.
public final class ClockHold: Sendable {
    /// A hold of a clock that moves by itself.
    public static let none = ClockHold()

    private let onRelease: (@Sendable () -> Void)?
    private let isReleased = Atomic(false)

    private init() { onRelease = nil }

    /// - Parameter onRelease: Called once.
    init(onRelease: @escaping @Sendable () -> Void) { self.onRelease = onRelease }

    deinit { release() }

    /// Lets the clock move on. Only the first call does anything.
    public func release() {
        guard let onRelease, !isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return }
        onRelease()
    }
}

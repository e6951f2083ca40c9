import Glibc
import Synchronization

/// What SIGTERM does: it ends a waiting process at once with status 0, and a working one after its invocation.
///
/// On AWS the signal comes only to functions with a registered extension. None is registered here: an invocation leaves
/// nothing behind that a last word could save, and each extension costs a start of its own.
final class Termination: Sendable {
    private static let working = 0
    private static let waiting = 1
    private static let requested = 2

    /// What the process's SIGTERM acts on.
    static let ofProcess = Termination()

    private let state = Atomic<Int>(working)

    /// Takes over SIGTERM for the process.
    static func install() -> Termination {
        // Made before the signal can come: a constant must not be made lazily inside a signal's handler.
        let termination = ofProcess
        signal(SIGTERM) { _ in
            if Termination.ofProcess.request() { _exit(0) }
        }
        return termination
    }

    /// Whether the end was asked for while the process had work.
    var isRequested: Bool { state.load(ordering: .sequentiallyConsistent) == Termination.requested }

    /// Asks for the end; true when the process waits for work and can end at once.
    func request() -> Bool {
        let exchange = state.compareExchange(
            expected: Termination.working, desired: Termination.requested, ordering: .sequentiallyConsistent)
        return !exchange.exchanged && exchange.original == Termination.waiting
    }

    /// Says that the process waits for work; false when it should end instead.
    func beginWaiting() -> Bool {
        state.compareExchange(
            expected: Termination.working, desired: Termination.waiting, ordering: .sequentiallyConsistent
        ).exchanged
    }

    /// Says that the process has work.
    func endWaiting() {
        _ = state.compareExchange(
            expected: Termination.waiting, desired: Termination.working, ordering: .sequentiallyConsistent)
    }
}

/// Something that an execution of a definition can do and a test can miss.
package struct CoveragePoint: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// The state was entered.
        case entered
        /// The work of a Task, Parallel or Map state gave its result.
        case succeeded
        /// A Choice went where this rule says; rules count from 0.
        case rule(Int)
        /// A Choice went to its Default.
        case fallback
        /// This retrier had the state tried again.
        case retried(Int)
        /// This retrier matched and had no attempt left.
        case exhausted(Int)
        /// This catcher took an error.
        case caught(Int)
        /// An error that this name of a retrier's ErrorEquals matches had the state tried again.
        case retriedError(Int, String)
        /// An error that this name of a catcher's ErrorEquals matches was caught.
        case caughtError(Int, String)
    }

    /// The state's name, which is unique in the whole machine.
    package let state: String
    package let kind: Kind

    package init(state: String, kind: Kind) {
        self.state = state
        self.kind = kind
    }

    /// Whether the point is one name among those of a retrier or a catcher.
    package var isErrorName: Bool {
        switch kind {
        case .retriedError, .caughtError: true
        default: false
        }
    }
}

/// What a state does about an error, by the order of its retriers and catchers.
struct ErrorHandling: Sendable, Hashable {
    /// The retrier that has the state tried again.
    var retrier: Int?
    /// The retrier that matched and had no attempt left: the catchers are asked then.
    var exhaustedRetrier: Int?
    /// The catcher that takes the error, when it is not retried.
    var catcher: Int?
}

extension State {
    /// Decides what becomes of an error.
    ///
    /// - Parameter retries: Retries so far, for each of the state's retriers.
    func handling(of error: StateError, retries: [Int]) -> ErrorHandling {
        var handling = ErrorHandling()
        if let index = retriers.firstIndex(where: { error.isMatched(by: $0.errors) }) {
            if retries[index] < retriers[index].maximumAttempts {
                handling.retrier = index
                return handling
            }
            handling.exhaustedRetrier = index
        }
        handling.catcher = catchers.firstIndex { error.isMatched(by: $0.errors) }
        return handling
    }
}

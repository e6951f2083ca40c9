package import Clocks

/// What an evaluation takes from outside: nothing asks the machine for time or randomness.
package struct JSONataContext: Sendable {
    let now: Timestamp
    let entropy: any Entropy
    let limits: JSONataLimits

    /// - Parameters:
    ///   - now: The moment that `$now()` and `$millis()` tell, all through one evaluation.
    ///   - entropy: Where `$random`, `$shuffle` and `$uuid` come from.
    package init(now: Timestamp, entropy: any Entropy, limits: JSONataLimits = .default) {
        self.now = now
        self.entropy = entropy
        self.limits = limits
    }
}

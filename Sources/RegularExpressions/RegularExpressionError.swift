/// Why a pattern could not be compiled, or a match not be finished.
package struct RegularExpressionError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// The pattern is no regular expression.
        case invalidPattern
        /// The search took more steps, memory or depth than it was given.
        case limitReached
        /// PCRE2 gave up for another reason.
        case matchFailed
    }

    package let code: Code
    /// What PCRE2 says about it, with its own number.
    package let detail: String
    /// Bytes into the pattern at which it stopped making sense; 0 for a match.
    package let byteOffset: Int
}

extension RegularExpressionError: CustomStringConvertible {
    package var description: String {
        switch code {
        case .invalidPattern: "the pattern is invalid at byte \(byteOffset): \(detail)"
        case .limitReached: "the search was stopped at its limit: \(detail)"
        case .matchFailed: "the search failed: \(detail)"
        }
    }
}

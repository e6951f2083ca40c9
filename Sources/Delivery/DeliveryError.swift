/// Why a pattern, filter, schedule or input transformation can't be, and which part of it.
package struct DeliveryError: Error, Sendable, Hashable {
    package enum Code: String, Sendable, Hashable {
        // Event patterns.
        case notAnObject
        case emptyObject
        case emptyArray
        /// A field's value that is neither an array nor an object.
        case notAnArray
        case unknownMatcher
        /// A matcher with a value it can't have.
        case invalidMatcher
        case invalidAddress
        case invalidNumber
        case invalidAlternatives
        case tooManyAlternatives

        /// Two wildcards in a row, or a backslash before anything but `*` and `\`.
        case invalidWildcard

        // Bucket notifications.
        case unknownEventType
        case filterTooLong

        // Schedules.
        case unknownForm
        case invalidRate
        case invalidCron
        case invalidTime

        // Input transformations.
        case invalidPath
        case unknownVariable
    }

    package let code: Code
    /// Keys and decimal indices from an event pattern's root to the part at fault; empty for all else.
    package let path: [String]
    /// What was found, and what would be right.
    package let detail: String

    package init(code: Code, path: [String] = [], detail: String) {
        self.code = code
        self.path = path
        self.detail = detail
    }
}

extension DeliveryError: CustomStringConvertible {
    package var description: String { path.isEmpty ? detail : "\(path.joined(separator: "/")): \(detail)" }
}

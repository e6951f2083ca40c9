/// Why an arrival could not be noticed or told.
package struct ArrivalError: Error, Sendable {
    package enum Code: String, Sendable {
        /// A file's name is no UTF-8, so it can't be a key.
        case nameNotUTF8
        /// A target of a rule or notification can't be used.
        case invalidTarget
        /// An input path or template of a target does not fit the event.
        case invalidInput
    }

    package let code: Code
    /// What was found, where, and what to do.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    static func nameNotUTF8(in directory: String) -> ArrivalError {
        ArrivalError(.nameNotUTF8, "\(directory) holds a file whose name is not UTF-8 and so can't be a key; rename it")
    }
}

extension ArrivalError: CustomStringConvertible {
    package var description: String { "\(code.rawValue): \(detail)" }
}

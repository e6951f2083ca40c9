import JSON

/// An error as it goes over the wire.
struct ErrorReport: Equatable, Sendable {
    /// Messages are cut to this size; the runtime API and state machines take no more of use.
    static let maximumMessageByteCount = 16 << 10

    /// What a state machine matches, `errorType` of the body.
    let type: String
    let message: String
    /// `Category.Reason` for the header `Lambda-Runtime-Function-Error-Type`.
    let category: String

    /// What stands before the header's reason when the type has no category of its own.
    enum Phase: String { case initialization = "Runtime", invocation = "Function" }

    init(type: String, message: String, phase: Phase) {
        self.type = type.isEmpty ? "Unhandled" : type
        self.message = message.cut(toByteCount: ErrorReport.maximumMessageByteCount)
        let spelled = self.type.contains(".") ? self.type : "\(phase.rawValue).\(self.type)"
        // A header's value is one line of visible characters, whatever the type's author chose.
        category = String(
            decoding: spelled.utf8.prefix(256).map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "_") },
            as: UTF8.self)
    }

    init(_ error: any Error, phase: Phase) {
        if let error = error as? any LambdaError {
            self.init(type: error.errorType, message: error.errorMessage, phase: phase)
        } else {
            self.init(type: "Unhandled.\(Swift.type(of: error))", message: "\(error)", phase: phase)
        }
    }

    /// The event's body is no JSON.
    static func malformedEvent(_ error: JSONError, source: String) -> ErrorReport {
        ErrorReport(type: "MalformedEvent", message: "\(source) is no JSON: \(error)", phase: .invocation)
    }

    /// The output is over the limit; type and message are AWS's.
    static let responseTooLarge = ErrorReport(
        type: "Function.ResponseSizeTooLarge",
        message: "Response payload size exceeded maximum allowed payload size "
            + "(\(LambdaRuntime.maximumResponseByteCount) bytes).",
        phase: .invocation)

    var json: JSONValue { ["errorMessage": .string(message), "errorType": .string(type), "stackTrace": []] }
}

extension String {
    /// The text, or its longest beginning of whole scalars that has at most `count` bytes with `...` after it.
    func cut(toByteCount count: Int) -> String {
        guard utf8.count > count else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: count - 3)
        while UTF8.isContinuation(utf8[end]) { end = utf8.index(before: end) }
        return String(self[..<end]) + "..."
    }
}

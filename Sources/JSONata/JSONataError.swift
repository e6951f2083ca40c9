package import JSON

/// Why an expression could not be parsed or evaluated, by the codes of the reference implementation (jsonata-js 2).
///
/// Codes that begin with `S` come from parsing, `T` from types, `D` from values; `U1001` is a limit on depth or steps,
/// all after it limits on sizes. The details sit behind one reference, so that functions which may throw stay cheap.
package struct JSONataError: Error, Sendable, Hashable {
    private struct Details: Sendable, Hashable {
        var code: String
        var position: Int?
        var token: String?
        var value: JSONValue?
        var value2: JSONValue?
        var index: Int?
        var text: String?
    }
    private final class Storage: Sendable {
        let details: Details
        init(_ details: Details) { self.details = details }
    }
    private var storage: Storage

    init(
        _ code: String, position: Int? = nil, token: String? = nil, value: JSONValue? = nil, value2: JSONValue? = nil,
        index: Int? = nil, text: String? = nil
    ) {
        storage = Storage(
            Details(
                code: code, position: position, token: token, value: value, value2: value2, index: index, text: text))
    }

    private func with(_ change: (inout Details) -> Void) -> JSONataError {
        var details = storage.details
        change(&details)
        var copy = self
        copy.storage = Storage(details)
        return copy
    }

    /// The error with `position` and `token` filled in where it has none yet.
    func filling(position: Int?, token: String?) -> JSONataError {
        with {
            if $0.position == nil { $0.position = position }
            if $0.token == nil { $0.token = token }
        }
    }
    func placed(at position: Int) -> JSONataError { with { $0.position = position } }

    /// Such as `T2001`.
    package var code: String { storage.details.code }
    /// UTF-16 units from the start of the expression to the end of the token at fault, as the reference counts.
    package var position: Int? { storage.details.position }
    /// The token or the name of the function at fault.
    package var token: String? { storage.details.token }
    /// The value at fault. It may be part of the input: keep it out of logs.
    package var value: JSONValue? { storage.details.value }
    /// The other value where two did not fit together.
    package var value2: JSONValue? { storage.details.value2 }
    /// The argument at fault, counted from 1.
    package var index: Int? { storage.details.index }

    package static func == (left: JSONataError, right: JSONataError) -> Bool {
        left.storage.details == right.storage.details
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(storage.details) }
}

extension JSONataError: CustomStringConvertible {
    /// `CODE: message`.
    package var description: String { "\(code): \(message)" }

    /// The reference implementation's words for the code.
    package var message: String {
        if let text = storage.details.text { return text }
        let template = JSONataError.messages[code] ?? "Unknown error"
        var message = ""
        var rest = template[...]
        while let open = rest.firstRange(of: "{{") {
            message += rest[..<open.lowerBound]
            rest = rest[open.upperBound...]
            let isRaw = rest.first == "{"
            if isRaw { rest = rest.dropFirst() }
            guard let close = rest.firstRange(of: isRaw ? "}}}" : "}}") else { break }
            message += spelled(String(rest[..<close.lowerBound]), isRaw: isRaw)
            rest = rest[close.upperBound...]
        }
        return message + rest
    }

    private func spelled(_ field: String, isRaw: Bool) -> String {
        let value: JSONValue? =
            switch field {
            case "token": token.map(JSONValue.string)
            case "value": value
            case "value2", "exp", "type": value2
            case "index": index.map(JSONValue.int)
            case "functionName": token.map(JSONValue.string)
            default: nil
            }
        guard let value else { return isRaw ? "" : "undefined" }
        if isRaw, let text = value.stringValue { return text }
        return value.text()
    }
}

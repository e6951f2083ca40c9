import JSON

/// What one value of an event is held against.
///
/// Texts are compared byte for byte in UTF-8, as EventBridge does, not by canonical equivalence.
enum ValueMatcher: Sendable, Hashable {
    case null
    case bool(Bool)
    case text([UInt8])
    case number(JSONNumber)
    case prefix([UInt8])
    case suffix([UInt8])
    /// The lower-cased text.
    case equalsIgnoringCase(String)
    case prefixIgnoringCase(String)
    case suffixIgnoringCase(String)
    case wildcard(WildcardMatcher)
    case range(NumericRange)
    case addresses(AddressRange)
    /// `{"exists": true}`: any leaf.
    case present
    /// `{"exists": false}`: decided by the object around it, since it is no value's property.
    case absent
    /// Any value that none of these matches.
    case anythingBut([ValueMatcher])

    func matches(_ value: JSONValue) -> Bool {
        switch (self, value) {
        case (.present, _), (.null, .null): true
        case (.bool(let expected), .bool(let found)): expected == found
        case (.number(let expected), .number(let found)): expected == found
        case (.range(let range), .number(let found)): range.contains(found.double)
        case (.anythingBut(let matchers), _): !matchers.contains { $0.matches(value) }
        case (_, .string(let text)): matches(text)
        default: false
        }
    }

    private func matches(_ found: String) -> Bool {
        switch self {
        case .text(let expected): found.utf8.elementsEqual(expected)
        case .prefix(let prefix): found.utf8.starts(with: prefix)
        case .suffix(let suffix): found.utf8.reversed().starts(with: suffix.reversed())
        case .equalsIgnoringCase(let expected): found.lowercased().utf8.elementsEqual(expected.utf8)
        case .prefixIgnoringCase(let prefix): found.lowercased().utf8.starts(with: prefix.utf8)
        case .suffixIgnoringCase(let suffix): found.lowercased().utf8.reversed().starts(with: suffix.utf8.reversed())
        case .wildcard(let wildcard): wildcard.matches(found)
        case .addresses(let range): IPAddress(found).map(range.contains) ?? false
        default: false
        }
    }
}

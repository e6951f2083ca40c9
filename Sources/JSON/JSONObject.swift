/// The members of a JSON object in the order in which they were written.
///
/// A value type with copy-on-write storage. Lookups are linear in small objects and hashed in large ones.
///
/// - Complexity: Lookup O(1); removal O(*n*); setting a new key amortised O(1).
public struct JSONObject: Sendable {
    /// Members up to which comparing keys one by one is quicker than hashing one.
    static let linearLimit = 12

    private var members: [(key: String, value: JSONValue)]
    private var positions: [MemberKey: Int]?

    /// A key compared by its bytes: `String` alone takes composed and decomposed letters for the same.
    private struct MemberKey: Hashable {
        let text: String
        static func == (left: MemberKey, right: MemberKey) -> Bool { left.text.hasSameBytes(as: right.text) }
        func hash(into hasher: inout Hasher) { hasher.combine(text) }
    }

    public init() { members = [] }

    /// Later members with the same key replace the value of earlier ones and keep their place.
    public init(_ elements: some Sequence<(String, JSONValue)>) {
        members = []
        members.reserveCapacity(elements.underestimatedCount)
        for (key, value) in elements { self[key] = value }
    }

    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }
    public var keys: [String] { members.map(\.key) }
    public var values: [JSONValue] { members.map(\.value) }

    public func index(of key: String) -> Int? {
        if let positions { return positions[MemberKey(text: key)] }
        for index in members.indices where members[index].key.hasSameBytes(as: key) { return index }
        return nil
    }

    public subscript(key: String) -> JSONValue? {
        get { index(of: key).map { members[$0].value } }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            if let index = index(of: key) { members[index].value = newValue } else { append(key, newValue) }
        }
    }

    /// Removes the member under `key` and returns its value, or nil when there was none.
    @discardableResult
    public mutating func removeValue(forKey key: String) -> JSONValue? {
        guard let index = index(of: key) else { return nil }
        let value = members.remove(at: index).value
        if positions != nil { reindex() }
        return value
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        members.append((key, value))
        if positions != nil {
            positions?[MemberKey(text: key)] = members.count - 1
        } else if members.count > JSONObject.linearLimit {
            reindex()
        }
    }

    private mutating func reindex() {
        positions =
            members.count > JSONObject.linearLimit
            ? Dictionary(
                members.enumerated().map { (MemberKey(text: $1.key), $0) }, uniquingKeysWith: { first, _ in first })
            : nil
    }
}

extension JSONObject: RandomAccessCollection {
    public var startIndex: Int { members.startIndex }
    public var endIndex: Int { members.endIndex }
    public subscript(position: Int) -> (key: String, value: JSONValue) { members[position] }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool { JSONValue.object(left) == .object(right) }

    public func hash(into hasher: inout Hasher) { JSONValue.object(self).hash(into: &hasher) }

    /// The order of keys must not matter, so the members' hashes are combined by a sum.
    func hash(into hasher: inout Hasher, levels: Int) {
        var sum = 0
        for (key, value) in self {
            var member = Hasher()
            member.combine(key)
            value.hash(into: &member, levels: levels - 1)
            sum &+= member.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

extension String {
    /// Whether both are the same UTF-8. Equal strings may differ in bytes, but strings of the same bytes are equal, so
    /// the quick comparison goes first.
    func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count, self == other else { return false }
        // Of letters in ASCII there is one spelling only.
        return utf8Span.isKnownASCII && other.utf8Span.isKnownASCII || utf8.elementsEqual(other.utf8)
    }
}

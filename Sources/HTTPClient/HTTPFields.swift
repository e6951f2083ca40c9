/// The header fields of a message, in their order; names are compared without regard to case.
package struct HTTPFields: Sendable, Hashable {
    /// One field; the name as it was written.
    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    package private(set) var fields: [Field] = []

    package init() {}

    /// The value of the first field with this name, or nil when there is none.
    package subscript(name: String) -> String? { fields.first { HTTPFields.areEqual($0.name, name) }?.value }

    /// The values of all fields with this name, in their order.
    package func values(_ name: String) -> [String] {
        fields.filter { HTTPFields.areEqual($0.name, name) }.map(\.value)
    }

    package mutating func append(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    /// Whether a comma-separated list of tokens, such as `Connection`, has this one.
    func hasToken(_ token: String, in name: String) -> Bool {
        values(name).contains { value in
            value.split(separator: ",").contains { HTTPFields.areEqual(HTTPFields.trimmed($0), token) }
        }
    }

    static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }

    static func areEqual(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

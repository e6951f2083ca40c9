/// An element of an XML answer: names without their prefix, text with its references resolved, attributes left out.
///
/// Enough of XML 1.0 for what S3 and STS answer; a document type is refused, so no entity can be defined.
package struct XMLElement: Sendable {
    package let name: String
    package private(set) var children: [XMLElement] = []
    /// The text between the tags, that of children left out.
    package private(set) var text = ""

    /// Levels of elements at most.
    static let maximumDepth = 32

    /// What is wrong, and where.
    struct Malformed: Error {
        let byteOffset: Int
    }

    private init(name: String) { self.name = name }

    /// Reads a document's root element.
    package init(parsing bytes: [UInt8]) throws {
        var parser = Parser(bytes: bytes)
        self = try parser.root()
    }

    package func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }
    package func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
    /// The text of the first child with this name; nil when there is none.
    package func text(_ name: String) -> String? { first(name)?.text }

    private struct Parser {
        let bytes: [UInt8]
        var offset = 0

        func fail() -> Malformed { Malformed(byteOffset: offset) }

        func starts(with text: String) -> Bool {
            offset + text.utf8.count <= bytes.count && bytes[offset...].starts(with: text.utf8)
        }

        /// The bytes up to `end`, which is passed over.
        mutating func take(upTo end: String) throws -> ArraySlice<UInt8> {
            let wanted = Array(end.utf8)
            var index = offset
            while index + wanted.count <= bytes.count {
                if bytes[index] == wanted[0], bytes[index...].starts(with: wanted) {
                    defer { offset = index + wanted.count }
                    return bytes[offset..<index]
                }
                index += 1
            }
            throw fail()
        }

        mutating func skipBlanks() {
            while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
        }

        mutating func root() throws -> XMLElement {
            if starts(with: "\u{FEFF}") { offset += 3 }
            while true {
                skipBlanks()
                if starts(with: "<?") {
                    _ = try take(upTo: "?>")
                } else if starts(with: "<!--") {
                    _ = try take(upTo: "-->")
                } else if starts(with: "<"), !starts(with: "<!") {
                    let element = try element(depth: 1)
                    skipBlanks()
                    guard offset == bytes.count else { throw fail() }
                    return element
                } else {
                    throw fail()
                }
            }
        }

        mutating func element(depth: Int) throws -> XMLElement {
            guard depth <= XMLElement.maximumDepth, starts(with: "<") else { throw fail() }
            offset += 1
            var tag = try startTag()
            let isEmpty = tag.last == UInt8(ascii: "/")
            if isEmpty { tag.removeLast() }
            let full = tag.prefix { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
            guard !full.isEmpty else { throw fail() }
            let local = full.lastIndex(of: UInt8(ascii: ":")).map { full[($0 + 1)...] } ?? full
            var element = XMLElement(name: String(decoding: local, as: UTF8.self))
            if isEmpty { return element }
            var text: [UInt8] = []
            while true {
                if starts(with: "</") {
                    offset += 2
                    let end = try take(upTo: ">").filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
                    guard end.elementsEqual(full) else { throw fail() }
                    element.text = String(decoding: text, as: UTF8.self)
                    return element
                } else if starts(with: "<![CDATA[") {
                    offset += 9
                    text += try take(upTo: "]]>")
                } else if starts(with: "<!--") {
                    _ = try take(upTo: "-->")
                } else if starts(with: "<") {
                    element.children.append(try self.element(depth: depth + 1))
                } else if starts(with: "&") {
                    offset += 1
                    text += try reference(String(decoding: take(upTo: ";"), as: UTF8.self))
                } else {
                    guard offset < bytes.count else { throw fail() }
                    text.append(bytes[offset])
                    offset += 1
                }
            }
        }

        /// What stands between `<` and `>`; a `>` in an attribute's quotes doesn't end it.
        private mutating func startTag() throws -> ArraySlice<UInt8> {
            var quote: UInt8?
            var index = offset
            while index < bytes.count {
                let byte = bytes[index]
                if let open = quote {
                    if byte == open { quote = nil }
                } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                    quote = byte
                } else if byte == UInt8(ascii: ">") {
                    defer { offset = index + 1 }
                    return bytes[offset..<index]
                }
                index += 1
            }
            throw fail()
        }

        private func reference(_ name: String) throws -> [UInt8] {
            switch name {
            case "lt": return [UInt8(ascii: "<")]
            case "gt": return [UInt8(ascii: ">")]
            case "amp": return [UInt8(ascii: "&")]
            case "quot": return [UInt8(ascii: "\"")]
            case "apos": return [UInt8(ascii: "'")]
            default:
                let isHexadecimal = name.hasPrefix("#x")
                guard name.hasPrefix("#"),
                    let value = UInt32(name.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10),
                    let scalar = Unicode.Scalar(value)
                else { throw fail() }
                return Array(String(Character(scalar)).utf8)
            }
        }
    }
}

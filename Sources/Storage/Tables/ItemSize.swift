/// An item's size as DynamoDB counts it.
enum ItemSize {
    /// 400 KB, as in DynamoDB.
    static let maximumByteCount = 400 * 1_024

    /// Names and strings count their UTF-8, numbers about half a byte a digit, lists and maps three bytes and one for
    /// each element on top of their content,
    /// sets their elements.
    static func byteCount(of item: Item) -> Int {
        item.reduce(0) { $0 + $1.key.utf8.count + byteCount(of: $1.value) }
    }

    static func byteCount(of value: AttributeValue) -> Int {
        switch value {
        case .string(let text): text.utf8.count
        case .number(let spelling):
            (spelling.utf8.count { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } + 1) / 2 + 1
        case .bool, .null: 1
        case .binary(let bytes): bytes.count
        case .set(let elements): elements.reduce(0) { $0 + byteCount(of: $1) }
        case .list(let elements): elements.reduce(3) { $0 + 1 + byteCount(of: $1) }
        case .map(let members): members.reduce(3) { $0 + 1 + $1.key.utf8.count + byteCount(of: $1.value) }
        }
    }
}

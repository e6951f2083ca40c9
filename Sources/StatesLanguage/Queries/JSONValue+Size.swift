import JSON

extension JSONValue {
    /// Whether the value's compact text has more than `limit` bytes, without making the text.
    func isLarger(than limit: Int) -> Bool {
        var left = limit
        spend(&left)
        return left < 0
    }

    /// The bytes of the value's compact text, or more than `limit` when it has more.
    func byteCount(upTo limit: Int) -> Int {
        var left = limit
        spend(&left)
        return limit - left
    }

    /// Takes the bytes of the value's text off `left`; stops once there are none.
    private func spend(_ left: inout Int) {
        guard left >= 0 else { return }
        switch self {
        case .null: left -= 4
        case .bool(let value): left -= value ? 4 : 5
        case .number(let number): left -= number.spelling.utf8.count
        case .string(let text): left -= text.utf8.count + 2
        case .array(let elements):
            left -= elements.count + 1
            for element in elements where left >= 0 { element.spend(&left) }
        case .object(let object):
            left -= object.count + 1
            for (key, value) in object where left >= 0 {
                left -= key.utf8.count + 3
                value.spend(&left)
            }
        }
    }
}

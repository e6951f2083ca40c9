import JSON

extension JSONValue {
    /// Whether the value's compact text has more than `limit` bytes, or nests too deep, without making the text.
    func isLarger(than limit: Int) -> Bool {
        var left = limit
        spend(&left, JSONValue.defaultMaximumDepth)
        return left < 0
    }

    /// The bytes of the value's compact text, or more than `limit` when it has more or nests too deep.
    func byteCount(upTo limit: Int) -> Int {
        var left = limit
        spend(&left, JSONValue.defaultMaximumDepth)
        return limit - left
    }

    /// Whether it nests deeper than a text may, so that it could not be read again.
    var isTooDeep: Bool {
        var left = Int.max / 2
        spend(&left, JSONValue.defaultMaximumDepth)
        return left < 0
    }

    /// Takes the bytes of the value's text off `left`; stops once there are none, or `levels` are not enough.
    func spend(_ left: inout Int, _ levels: Int) {
        guard left >= 0 else { return }
        switch self {
        case .null: left -= 4
        case .bool(let value): left -= value ? 4 : 5
        case .number(let number): left -= number.spelling.utf8.count
        case .string(let text): left -= text.utf8.count + 2
        case .array(let elements):
            guard levels > 0 else {
                left = -1
                return
            }
            left -= elements.isEmpty ? 2 : elements.count + 1
            for element in elements where left >= 0 { element.spend(&left, levels - 1) }
        case .object(let object):
            guard levels > 0 else {
                left = -1
                return
            }
            left -= object.isEmpty ? 2 : object.count + 1
            for (key, value) in object where left >= 0 {
                left -= key.utf8.count + 3
                value.spend(&left, levels - 1)
            }
        }
    }
}

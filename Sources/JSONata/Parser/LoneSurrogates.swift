/// Halves of surrogate pairs that stand alone, which JavaScript's strings may hold and Swift's cannot.
///
/// An escape such as `\uD800` becomes U+10D800, in the last private-use plane: still one character, and told apart by
/// the functions that must refuse it. Data never holds one, since JSON that comes from outside is valid UTF-8.
enum LoneSurrogates {
    private static let offset: UInt32 = 0x10_0000

    static func decode(_ units: [UInt16]) -> String {
        var text = String.UnicodeScalarView()
        var index = 0
        while index < units.count {
            let unit = units[index]
            index += 1
            if UTF16.isLeadSurrogate(unit), index < units.count, UTF16.isTrailSurrogate(units[index]) {
                let value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(units[index]) - 0xDC00)
                index += 1
                if let scalar = Unicode.Scalar(value) { text.append(scalar) }
            } else if let scalar = Unicode.Scalar(UInt32(unit)) ?? Unicode.Scalar(offset + UInt32(unit)) {
                text.append(scalar)
            }
        }
        return String(text)
    }

    static func isOne(_ scalar: Unicode.Scalar) -> Bool {
        (offset + 0xD800...offset + 0xDFFF).contains(scalar.value)
    }
}

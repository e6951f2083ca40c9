/// Little-endian integers and text out of a file that may say anything: every access is checked.
struct ByteReader {
    /// Bytes that a text may have: the names of Swift's symbols are long, though not that long.
    static let maximumTextByteCount = 1 << 16

    let bytes: [UInt8]
    /// The file's name, for messages.
    let name: String

    var count: Int { bytes.count }

    /// The integer at `offset`.
    ///
    /// - Throws: ``PackagingError`` with code `.truncated` when it is not all within the file.
    func integer<Value: FixedWidthInteger & UnsignedInteger>(
        _ type: Value.Type, at offset: Int, _ what: String
    ) throws(PackagingError) -> Value {
        let range = try range(at: offset, count: Value.bitWidth / 8, what)
        var value: Value = 0
        for byte in bytes[range].reversed() { value = value << 8 | Value(byte) }
        return value
    }

    /// The integer at `offset` as a size or place, which is beyond the file when it does not fit `Int`.
    func position(at offset: Int, _ what: String) throws(PackagingError) -> Int {
        guard let position = Int(exactly: try integer(UInt64.self, at: offset, what)) else {
            throw PackagingError(.malformed, name, "\(what) is larger than any file")
        }
        return position
    }

    /// `count` bytes from `offset` on.
    func range(at offset: Int, count: Int, _ what: String) throws(PackagingError) -> Range<Int> {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
            throw PackagingError(
                .truncated, name,
                "\(what) should be at byte \(offset), \(count) bytes long, but the file has \(bytes.count) bytes")
        }
        return offset..<offset + count
    }

    /// The text from `offset` to the next NUL, which must come before `end`.
    func text(at offset: Int, before end: Int, _ what: String) throws(PackagingError) -> String {
        let length = end.subtractingReportingOverflow(offset)
        guard !length.overflow, length.partialValue >= 0 else {
            throw PackagingError(.malformed, name, "\(what) is outside of its table")
        }
        let range = try range(at: offset, count: length.partialValue, what)
        guard let nul = bytes[range].prefix(ByteReader.maximumTextByteCount).firstIndex(of: 0) else {
            throw PackagingError(.malformed, name, "\(what) has no end within its table, or is far too long")
        }
        guard let text = String(validating: bytes[offset..<nul], as: UTF8.self) else {
            throw PackagingError(.malformed, name, "\(what) is no UTF-8")
        }
        return text
    }
}

/// The sum, or an error where a hostile file makes it overflow.
func sum(_ left: Int, _ right: Int, _ name: String, _ what: String) throws(PackagingError) -> Int {
    let (value, overflow) = left.addingReportingOverflow(right)
    guard !overflow else { throw PackagingError(.malformed, name, "\(what) is larger than any file") }
    return value
}

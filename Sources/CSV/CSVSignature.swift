/// What a file's first bytes say it is.
enum CSVSignature: Hashable {
    case text(byteOrderMarkBytes: Int)
    case utf16
    case compressed(CSVCompression)

    /// Bytes of the longest signature.
    static let byteCount = 10

    /// - Parameter start: The file's first ``byteCount`` bytes, or the whole file if it has fewer.
    init(_ start: ArraySlice<UInt8>) {
        let signatures: [(CSVCompression, [UInt8])] = [
            (.gzip, [0x1F, 0x8B]),
            (.zip, [0x50, 0x4B, 0x03, 0x04]),
            (.zip, [0x50, 0x4B, 0x05, 0x06]),
            (.zstd, [0x28, 0xB5, 0x2F, 0xFD]),
            (.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        ]
        if let (kind, _) = signatures.first(where: { start.starts(with: $0.1) }) {
            self = .compressed(kind)
        } else if Self.isBzip2(start) {
            self = .compressed(.bzip2)
        } else if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) || Self.isBareUTF16(start) {
            self = .utf16
        } else {
            self = .text(byteOrderMarkBytes: start.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
        }
    }

    /// `BZh`, a digit, and the first block's magic: the first three alone could be a column's name.
    private static func isBzip2(_ start: ArraySlice<UInt8>) -> Bool {
        start.starts(with: [0x42, 0x5A, 0x68])
            && start.dropFirst(4).starts(with: [0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
    }

    /// Two ASCII characters in UTF-16 without a byte order mark, in either byte order.
    private static func isBareUTF16(_ start: ArraySlice<UInt8>) -> Bool {
        guard start.count >= 4 else { return false }
        let zeros = start.prefix(4).map { $0 == 0 }
        return zeros == [false, true, false, true] || zeros == [true, false, true, false]
    }
}

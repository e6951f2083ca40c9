/// The numbers of the zip format (APPNOTE.TXT 6.3), as far as they are used.
///
/// An archive is, for each entry, a local header and the entry's bytes; then a central directory with a header for each
/// entry that says where its local header is; then the end record that says where the directory is:
///
///     local header | name | data     local header | name | data     ...
///     central header | name     central header | name     ...     end record
enum ZipFormat {
    static let localSignature: UInt32 = 0x0403_4B50
    static let centralSignature: UInt32 = 0x0201_4B50
    static let endSignature: UInt32 = 0x0605_4B50

    static let localByteCount = 30
    static let centralByteCount = 46
    static let endByteCount = 22
    /// The longest comment behind the end record.
    static let maximumCommentByteCount = 65_535

    static let stored: UInt16 = 0
    static let deflated: UInt16 = 8
    /// Deflate, by a reader of version 2.0 of the format.
    static let versionNeeded: UInt16 = 20
    /// 3 is Unix: the upper half of the external attributes is `st_mode`.
    static let madeBy: UInt16 = 3 << 8 | 20
    /// `S_IFREG`.
    static let regularFile: UInt32 = 0o100_000
    static let fileTypeMask: UInt32 = 0o170_000
    /// Names are UTF-8.
    static let utf8Flag: UInt16 = 1 << 11
    static let encryptedFlag: UInt16 = 1

    /// 1980-01-01, the earliest that the format can say; midnight is 0. The same in all archives: no clock comes in.
    static let earliestDate: UInt16 = 0 << 9 | 1 << 5 | 1
    /// Values of 16 and 32 bits that mean "see the 64-bit extension", so no count or size may be one.
    static let maximumEntryCount = 0xFFFE
    static let maximumByteCount = 0xFFFF_FFFE
}

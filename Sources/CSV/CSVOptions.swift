/// How a CSV file is written and how much of it may be in memory at once.
package struct CSVOptions: Sendable, Hashable {
    /// The byte between two fields; not a quote, CR or LF.
    package var delimiter: UInt8

    /// Bytes of one field's content, quotes taken off, above which its row is a defect.
    package var maximumFieldBytes: Int

    /// Bytes of one record, from its first byte to its line break, above which it is a defect.
    ///
    /// It also bounds what a quote that is never closed can swallow.
    package var maximumRecordBytes: Int

    /// Rows and defects after which a batch is handed out.
    package var batchRowLimit: Int

    /// Bytes of chosen fields after which a batch is handed out; the row that crosses the limit is still in it.
    package var batchByteLimit: Int

    /// - Precondition: All limits are positive and together leave a batch under 2 GiB, which its 32-bit offsets can
    ///   address; `delimiter` is none of `"`, CR, LF and NUL.
    package init(
        delimiter: UInt8 = UInt8(ascii: ","), maximumFieldBytes: Int = 256 << 10, maximumRecordBytes: Int = 1 << 20,
        batchRowLimit: Int = 8192, batchByteLimit: Int = 1 << 20
    ) {
        precondition(
            delimiter != Byte.quote && delimiter != Byte.carriageReturn && delimiter != Byte.lineFeed && delimiter != 0,
            "a CSV delimiter can't be a quote, a line break or NUL")
        precondition(
            maximumFieldBytes > 0 && maximumRecordBytes > 0 && batchRowLimit > 0 && batchByteLimit > 0,
            "CSV limits must be positive")
        precondition(
            maximumRecordBytes < 1 << 30 && batchByteLimit < 1 << 30, "CSV byte limits must be below 1 GiB")
        self.delimiter = delimiter
        self.maximumFieldBytes = maximumFieldBytes
        self.maximumRecordBytes = maximumRecordBytes
        self.batchRowLimit = batchRowLimit
        self.batchByteLimit = batchByteLimit
    }
}

/// The bytes that have a meaning in CSV.
enum Byte {
    static let quote = UInt8(ascii: "\"")
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
}

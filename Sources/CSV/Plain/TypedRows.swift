/// The rows of plain lines as numbers, and the records that have to be read one by one.
package struct TypedRows: Sendable {
    /// Column by column, ``capacity`` values each: an integer; a time in microseconds since 1970; of a text where in the
    /// block it begins and, in the low 32 bits, how long it is.
    private let values: [Int64]
    private let capacity: Int
    package let rowCount: Int
    /// Records that are no good row as plain text goes, or not known to be: where in the block they lie, ascending,
    /// without their line breaks.
    package let rejected: [Range<Int>]

    /// Bytes behind a record's beginning that must be there for it to be read without a look at each.
    static let slackByteCount = 64
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The values of a column.
    package func withColumn<Result>(_ column: Int, _ body: (UnsafeBufferPointer<Int64>) throws -> Result) rethrows
        -> Result
    {
        try unsafe values.withUnsafeBufferPointer { buffer in
            try unsafe body(UnsafeBufferPointer(rebasing: buffer[(column * capacity)..<(column * capacity + rowCount)]))
        }
    }

    /// Takes lines apart.
    ///
    /// - Parameter kinds: What is wanted of each chosen column.
    /// - Complexity: Some 20 ns for a row of three fields.
    package init(_ lines: PlainLines, layout: RecordLayout, kinds: [RecordLayout.Kind]) {
        precondition(kinds.count == layout.columns.count)
        let capacity = lines.lineCount
        var rowCount = 0
        var rejected: [Range<Int>] = []
        values = unsafe [Int64](unsafeUninitializedCapacity: capacity * kinds.count) { output, count in
            unsafe lines.bytes.withUnsafeBufferPointer { bytes in
                unsafe layout.slots.withUnsafeBufferPointer { slots in
                    unsafe kinds.withUnsafeBufferPointer { kinds in
                        var scanner = unsafe Scanner(
                            bytes: bytes, slots: slots, kinds: kinds, output: output, capacity: capacity,
                            delimiter: layout.options.delimiter,
                            recordLimit: min(layout.options.maximumRecordBytes, layout.options.maximumFieldBytes))
                        rowCount = scanner.scan(lines.range, &rejected)
                    }
                }
            }
            // The columns' unused ends must be something.
            for column in 0..<kinds.count {
                for index in (column * capacity + rowCount)..<((column + 1) * capacity) { unsafe output[index] = 0 }
            }
            count = capacity * kinds.count
        }
        self.capacity = capacity
        self.rowCount = rowCount
        self.rejected = rejected
    }

    /// The inner loop, on pointers whose bounds its caller answers for.
    @safe
    private struct Scanner {
        private let bytes: UnsafeBufferPointer<UInt8>
        private let slots: UnsafeBufferPointer<Int>
        private let kinds: UnsafeBufferPointer<RecordLayout.Kind>
        private let output: UnsafeMutableBufferPointer<Int64>
        let capacity: Int
        let delimiter: UInt8
        let recordLimit: Int

        init(
            bytes: UnsafeBufferPointer<UInt8>, slots: UnsafeBufferPointer<Int>,
            kinds: UnsafeBufferPointer<RecordLayout.Kind>, output: UnsafeMutableBufferPointer<Int64>, capacity: Int,
            delimiter: UInt8, recordLimit: Int
        ) {
            unsafe self.bytes = bytes
            unsafe self.slots = slots
            unsafe self.kinds = kinds
            unsafe self.output = output
            self.capacity = capacity
            self.delimiter = delimiter
            self.recordLimit = recordLimit
        }

        /// - Returns: The number of good rows.
        mutating func scan(_ range: Range<Int>, _ rejected: inout [Range<Int>]) -> Int {
            let base = unsafe bytes.baseAddress!
            let safeEnd = min(range.upperBound, unsafe bytes.count - TypedRows.slackByteCount)
            var row = 0
            var position = range.lowerBound
            while position < range.upperBound {
                let start = position
                let byte = unsafe base[position]
                if byte == Byte.lineFeed || byte == Byte.carriageReturn {
                    // A blank line.
                    position += byte == Byte.lineFeed ? 1 : 2
                    continue
                }
                if position < safeEnd, let end = unsafe record(base, position, row), end - start <= recordLimit {
                    row += 1
                    position = end
                    continue
                }
                position = start
                while unsafe base[position] != Byte.lineFeed { position += 1 }
                let hasCarriageReturn = unsafe position > start && base[position - 1] == Byte.carriageReturn
                rejected.append(start..<(hasCarriageReturn ? position - 1 : position))
                position += 1
            }
            return row
        }

        /// Reads one record.
        ///
        /// - Returns: Where the next one begins; nil if this one is not a good row at first sight.
        @inline(__always)
        private func record(_ base: UnsafePointer<UInt8>, _ start: Int, _ row: Int) -> Int? {
            var position = start
            let last = unsafe slots.count - 1
            var field = 0
            while true {
                let slot = unsafe slots[field]
                var end = position
                if slot < 0 {
                    guard unsafe fieldEnd(base, &end) else { return nil }
                } else {
                    let value: Int64
                    switch unsafe kinds[slot] {
                    case .integer:
                        guard let number = unsafe integer(base, &end) else { return nil }
                        value = number
                    case .text:
                        guard unsafe fieldEnd(base, &end), end > position else { return nil }
                        value = Int64(position) << 32 | Int64(end - position)
                    case .timestamp:
                        guard let time = unsafe timestamp(base, &end) ?? otherTimestamp(base, position, &end) else {
                            return nil
                        }
                        value = time
                    }
                    unsafe output[slot * capacity + row] = value
                }
                let terminator = unsafe base[end]
                if field < last {
                    guard terminator == delimiter else { return nil }
                    position = end + 1
                    field += 1
                } else {
                    if terminator == Byte.lineFeed { return end + 1 }
                    // In plain text an LF follows.
                    return terminator == Byte.carriageReturn ? end + 2 : nil
                }
            }
        }

        /// Moves to the next delimiter or line break; false when the bytes are too few to look for it eight at a time.
        @inline(__always)
        private func fieldEnd(_ base: UnsafePointer<UInt8>, _ position: inout Int) -> Bool {
            let delimiters = UInt64(delimiter) &* TypedRows.ones
            let limit = unsafe bytes.count - 8
            while position <= limit {
                // SAFETY: eight bytes are there.
                let word = unsafe UnsafeRawPointer(base).loadUnaligned(fromByteOffset: position, as: UInt64.self)
                let a = word ^ delimiters
                let b = word ^ 0x0A0A_0A0A_0A0A_0A0A
                let c = word ^ 0x0D0D_0D0D_0D0D_0D0D
                // The lowest bit that is set is exact; a borrow can only set bits above it.
                let hits =
                    ((a &- TypedRows.ones) & ~a | (b &- TypedRows.ones) & ~b | (c &- TypedRows.ones) & ~c)
                    & TypedRows.tops
                if hits != 0 {
                    position += hits.trailingZeroBitCount >> 3
                    return true
                }
                position += 8
            }
            return false
        }

        /// 1 to 18 digits, perhaps after a minus.
        @inline(__always)
        private func integer(_ base: UnsafePointer<UInt8>, _ position: inout Int) -> Int64? {
            let isNegative = unsafe base[position] == UInt8(ascii: "-")
            if isNegative { position += 1 }
            let start = position
            var value: Int64 = 0
            while true {
                let digit = unsafe base[position] &- 48
                guard digit < 10 else { break }
                value = value &* 10 &+ Int64(digit)
                position += 1
                // The slack is longer than that.
                guard position - start <= 18 else { return nil }
            }
            guard position > start else { return nil }
            return isNegative ? -value : value
        }

        /// Any form that a time may have.
        private func otherTimestamp(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: inout Int) -> Int64? {
            end = start
            guard unsafe fieldEnd(base, &end) else { return nil }
            let field = unsafe UnsafeBufferPointer(start: base + start, count: end - start)
            return unsafe FieldParser.timestampMicroseconds(Span(_unsafeElements: field))
        }

        /// `YYYY-MM-DD HH:MM:SS` and nothing more.
        @inline(__always)
        private func timestamp(_ base: UnsafePointer<UInt8>, _ position: inout Int) -> Int64? {
            guard unsafe position + 24 <= bytes.count else { return nil }
            let raw = unsafe UnsafeRawPointer(base)
            // Little-endian: the first byte of the text is the lowest of the number.
            let first = unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let second = unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self))
            let third = unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position + 16, as: UInt64.self))
            let digits1 = first ^ 0x2D30_302D_3030_3030  // "0000-00-"
            let digits2 = second ^ 0x3030_3A30_3020_3030  // "00 00:00"
            let digits3 = third ^ 0x3030_3A  // ":00", the rest is another's
            // A digit leaves 0 to 9, the right separator 0; adding 0x76 carries into the top bit from 10 on.
            let wrong1 = digits1 & 0xFF00_00FF_0000_0000 | (digits1 &+ 0x0076_7600_7676_7676 | digits1) & TypedRows.tops
            let wrong2 = digits2 & 0x0000_FF00_00FF_0000 | (digits2 &+ 0x7676_0076_7600_7676 | digits2) & TypedRows.tops
            let wrong3 = digits3 & 0x0000_00FF | ((digits3 & 0xFF_FFFF) &+ 0x76_7600 | digits3) & 0x80_8080
            guard wrong1 | wrong2 | wrong3 == 0 else { return nil }
            func pair(_ word: UInt64, _ index: UInt64) -> Int {
                Int(word >> (index * 8) & 0xFF) * 10 + Int(word >> (index * 8 + 8) & 0xFF)
            }
            let year = pair(digits1, 0) * 100 + pair(digits1, 2)
            let month = pair(digits1, 5)
            let day = pair(digits2, 0)
            let hour = pair(digits2, 3)
            let minute = pair(digits2, 6)
            let seconds = pair(digits3, 1)
            guard year > 0, month > 0, month <= 12, day > 0, hour < 24, minute < 60, seconds < 60,
                day <= 28 || day <= FieldParser.dayCount(ofMonth: month, year: year)
            else { return nil }
            let end = unsafe base[position + 19]
            guard end == delimiter || end == Byte.lineFeed || end == Byte.carriageReturn else { return nil }
            position += 19
            let days = FieldParser.daysSinceEpoch(year: year, month: month, day: day)
            return Int64(((days * 24 + hour) * 60 + minute) * 60 + seconds) * 1_000_000
        }
    }
}

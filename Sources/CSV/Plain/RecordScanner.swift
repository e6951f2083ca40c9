/// Takes the records of plain text apart, eight bytes at a time, on pointers whose bounds ``TypedRows`` answers for.
///
/// It accepts what is plainly a good row and leaves the rest alone: what CSV means is said by ``CSVReader``.
@safe
struct RecordScanner {
    /// A date that was met, so that the next row of that day need not be calculated with.
    struct KnownDate {
        static let count = 128

        /// `YYYY-MM-` and `DD`, as their bytes are loaded; no date has zeros.
        var yearAndMonth: UInt64 = 0
        var day: UInt64 = 0
        /// Seconds since 1970.
        var start: Int64 = 0
    }

    /// Bytes behind a record's beginning that must be there for it to be read without a look at each.
    private static let slackByteCount = 64
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    private let bytes: UnsafeBufferPointer<UInt8>
    private let slots: UnsafeBufferPointer<Int>
    private let kinds: UnsafeBufferPointer<RecordLayout.Kind>
    private let output: UnsafeMutableBufferPointer<Int64>
    private let dates: UnsafeMutableBufferPointer<KnownDate>
    private let delimiter: UInt8
    private let recordLimit: Int
    /// In each byte a number that the delimiter and line breaks are below, and few other bytes of text.
    private let stops: UInt64
    private let isDelimiterLow: Bool
    /// Whether records are an integer, a text and a time, as they are chosen.
    private let isInChosenOrder: Bool

    /// - Parameters:
    ///   - slots: For each field of a record the chosen column it goes to, or -1.
    ///   - output: Column by column, ``TypedRows/rowLimit`` values each.
    ///   - dates: ``KnownDate/count`` of them.
    init(
        bytes: UnsafeBufferPointer<UInt8>, slots: UnsafeBufferPointer<Int>,
        kinds: UnsafeBufferPointer<RecordLayout.Kind>, output: UnsafeMutableBufferPointer<Int64>,
        dates: UnsafeMutableBufferPointer<KnownDate>, options: CSVOptions
    ) {
        unsafe self.bytes = bytes
        unsafe self.slots = slots
        unsafe self.kinds = kinds
        unsafe self.output = output
        unsafe self.dates = dates
        delimiter = options.delimiter
        recordLimit = min(options.maximumRecordBytes, options.maximumFieldBytes)
        isDelimiterLow = options.delimiter < 0x80
        isInChosenOrder =
            unsafe slots.elementsEqual([0, 1, 2]) && kinds.elementsEqual([.integer, .text, .timestamp])
        stops = UInt64(max(options.delimiter & 0x7F, Byte.carriageReturn) + 1) &* RecordScanner.ones
    }

    /// What was read.
    struct Progress {
        var rows = 0
        /// Where the next record begins.
        var end: Int
        var lines: Int
    }

    /// Reads records until there are ``TypedRows/rowLimit`` rows, or the range is at its end.
    ///
    /// - Parameters:
    ///   - range: Whole lines, the last ending in LF.
    ///   - lines: Lines before the range.
    ///   - rejected: Gets the records that are no rows at first sight.
    func scan(_ range: Range<Int>, lines: Int, _ rejected: inout [TypedRows.Rejected]) -> Progress {
        let base = unsafe bytes.baseAddress!
        let safeEnd = min(range.upperBound, unsafe bytes.count - RecordScanner.slackByteCount)
        var row = 0
        var position = range.lowerBound
        var line = lines
        var textByteCount = 0
        while position < range.upperBound, row < TypedRows.rowLimit {
            let start = position
            line &+= 1
            let byte = unsafe base[position]
            if byte == Byte.lineFeed || byte == Byte.carriageReturn {
                // A blank line.
                position += byte == Byte.lineFeed ? 1 : 2
                continue
            }
            if isDelimiterLow, position < safeEnd,
                let end = unsafe isInChosenOrder
                    ? recordInChosenOrder(base, position, row, &textByteCount) : record(base, position, row),
                end &- start <= recordLimit
            {
                row &+= 1
                position = end
                continue
            }
            position = start
            while unsafe base[position] != Byte.lineFeed { position += 1 }
            let hasCarriageReturn = unsafe position > start && base[position - 1] == Byte.carriageReturn
            rejected.append(
                TypedRows.Rejected(range: start..<(hasCarriageReturn ? position - 1 : position), line: line - 1))
            position += 1
        }
        return Progress(rows: row, end: position, lines: line)
    }

    /// ``record(_:_:_:)`` for records of an integer, a text and a time, without asking what comes next.
    ///
    /// - Parameter textByteCount: What the text of the record before has; this one's text most likely has as many.
    @inline(__always)
    private func recordInChosenOrder(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ row: Int, _ textByteCount: inout Int
    ) -> Int? {
        var end = start
        guard let number = unsafe integer(base, &end), unsafe base[end] == delimiter else { return nil }
        let text = end &+ 1
        // To know the end without looking for it spares each row the wait for the row before.
        if unsafe isText(base, text, textByteCount) {
            end = text &+ textByteCount
        } else {
            end = text
            guard unsafe fieldEnd(base, &end), end > text, unsafe base[end] == delimiter else { return nil }
            textByteCount = end &- text
        }
        let textEnd = end
        end = textEnd &+ 1
        guard let time = unsafe timestamp(base, &end) ?? otherTimestamp(base, textEnd &+ 1, &end) else { return nil }
        // SAFETY: rows are below the limit.
        unsafe output[row] = number
        unsafe output[TypedRows.rowLimit &+ row] = Int64(text) &<< 32 | Int64(textEnd &- text)
        unsafe output[2 &* TypedRows.rowLimit &+ row] = time
        let terminator = unsafe base[end]
        if terminator == Byte.lineFeed { return end &+ 1 }
        return terminator == Byte.carriageReturn ? end &+ 2 : nil
    }

    /// Whether a field of so many bytes begins here; also false for some that do.
    @inline(__always)
    private func isText(_ base: UnsafePointer<UInt8>, _ start: Int, _ byteCount: Int) -> Bool {
        // SAFETY: the slack behind the record's beginning is longer than an integer of eight digits and this text.
        guard byteCount >= 16, byteCount <= 24, unsafe base[start &+ byteCount] == delimiter else { return false }
        let raw = unsafe UnsafeRawPointer(base + start)
        func hits(_ offset: Int) -> UInt64 {
            let word = unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            return (word &- stops) & ~word & RecordScanner.tops
        }
        return hits(0) | hits(8) | hits(byteCount &- 8) == 0
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
                    value = Int64(position) &<< 32 | Int64(end &- position)
                case .timestamp:
                    guard let time = unsafe timestamp(base, &end) ?? otherTimestamp(base, position, &end) else {
                        return nil
                    }
                    value = time
                }
                // SAFETY: slots are below the number of columns, and rows below the limit.
                unsafe output[slot &* TypedRows.rowLimit &+ row] = value
            }
            let terminator = unsafe base[end]
            if field < last {
                guard terminator == delimiter else { return nil }
                position = end &+ 1
                field &+= 1
            } else {
                if terminator == Byte.lineFeed { return end &+ 1 }
                // In plain text an LF follows.
                return terminator == Byte.carriageReturn ? end &+ 2 : nil
            }
        }
    }

    /// Moves to the next delimiter or line break; false when the bytes are too few to look for it eight at a time.
    @inline(__always)
    private func fieldEnd(_ base: UnsafePointer<UInt8>, _ position: inout Int) -> Bool {
        let limit = unsafe bytes.count - 8
        while position <= limit {
            // SAFETY: eight bytes are there.
            let word = unsafe UnsafeRawPointer(base).loadUnaligned(fromByteOffset: position, as: UInt64.self)
            // The lowest bit that is set is exact; a borrow can only set bits above it.
            let hits = (word.littleEndian &- stops) & ~word.littleEndian & RecordScanner.tops
            if hits == 0 {
                position &+= 8
                continue
            }
            position &+= hits.trailingZeroBitCount &>> 3
            let byte = unsafe base[position]
            if byte == delimiter || byte == Byte.lineFeed || byte == Byte.carriageReturn { return true }
            position &+= 1
        }
        return false
    }

    /// 1 to 18 digits, perhaps after a minus.
    @inline(__always)
    private func integer(_ base: UnsafePointer<UInt8>, _ position: inout Int) -> Int64? {
        // SAFETY: the slack is longer than eight bytes behind any of a record's first fields, and looked at behind others.
        guard unsafe position &+ 8 <= bytes.count else { return nil }
        let word = unsafe UnsafeRawPointer(base).loadUnaligned(fromByteOffset: position, as: UInt64.self)
        let digits = word.littleEndian ^ 0x3030_3030_3030_3030
        // From 10 on adding 0x76 sets the top bit; up to the lowest byte that is none, no sum carries.
        let others = (digits &+ 0x7676_7676_7676_7676 | digits) & RecordScanner.tops
        let count = others.trailingZeroBitCount &>> 3
        guard others != 0, count > 0 else { return unsafe otherInteger(base, &position) }
        position &+= count
        // The digits as the last of eight, zeros before them; then pairs, fours and all eight become numbers.
        var value = digits &<< UInt64(truncatingIfNeeded: 64 &- 8 &* count)
        value = (value &* 10 &+ value >> 8) & 0x00FF_00FF_00FF_00FF
        value = (value &* 100 &+ value >> 16) & 0x0000_FFFF_0000_FFFF
        value = (value &* 10_000 &+ value >> 32) & 0xFFFF_FFFF
        return Int64(value)
    }

    private func otherInteger(_ base: UnsafePointer<UInt8>, _ position: inout Int) -> Int64? {
        let isNegative = unsafe base[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let start = position
        var value: Int64 = 0
        // Plain text ends in LF, which is no digit.
        while true {
            let digit = unsafe base[position] &- 48
            guard digit < 10 else { break }
            value = value &* 10 &+ Int64(digit)
            position += 1
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
        guard unsafe position &+ 20 <= bytes.count else { return nil }
        let raw = unsafe UnsafeRawPointer(base) + position
        // Little-endian: the first byte of the text is the lowest of the number.
        let yearAndMonth = unsafe UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
        let dayAndSpace = unsafe UInt64(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        let digits =
            unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 11, as: UInt64.self)) ^ 0x3030_3A30_303A_3030
        // A digit leaves 0 to 9, a colon 0; adding 0x76 sets the top bit from 10 on.
        let wrong =
            digits & 0x0000_FF00_00FF_0000 | (digits &+ 0x7676_0076_7600_7676 | digits) & RecordScanner.tops
        let pairs = digits &* 10 &+ digits >> 8
        let (hour, minute, second) = (pairs & 0xFF, pairs >> 24 & 0xFF, pairs >> 48 & 0xFF)
        let end = unsafe raw.load(fromByteOffset: 19, as: UInt8.self)
        guard wrong == 0, hour < 24, minute < 60, second < 60, dayAndSpace >> 16 & 0xFF == 0x20,
            end == delimiter || end == Byte.lineFeed || end == Byte.carriageReturn
        else { return nil }
        let day = dayAndSpace & 0xFFFF
        // Days of four months that follow one another have places of their own.
        let place =
            Int(truncatingIfNeeded: (day & 0xF) &* 10 &+ (day >> 8 & 0xF) &+ (yearAndMonth >> 48 & 3) << 5)
            & (KnownDate.count - 1)
        // SAFETY: the place is below the count.
        var known = unsafe dates[place]
        if known.yearAndMonth != yearAndMonth || known.day != day {
            guard let start = unsafe dayStart(base, position) else { return nil }
            known = KnownDate(yearAndMonth: yearAndMonth, day: day, start: start)
            unsafe dates[place] = known
        }
        position &+= 19
        return (known.start &+ Int64(truncatingIfNeeded: hour &* 3_600 &+ minute &* 60 &+ second)) &* 1_000_000
    }

    /// The first second of the day that ten bytes spell.
    private func dayStart(_ base: UnsafePointer<UInt8>, _ position: Int) -> Int64? {
        let date = unsafe [UInt8](UnsafeBufferPointer(start: base + position, count: 10))
        let spelling = date + Array(" 00:00:00".utf8)
        return FieldParser.timestampMicroseconds(spelling.span).map { $0 / 1_000_000 }
    }
}

/// Finds the fields of records that are clearly good, on pointers whose bounds its caller answers for.
///
/// A record is clearly good if it ends in LF or CR LF, is within the limits, has as many fields as the header, no quote
/// in a quoted field that is not doubled, and in its chosen fields UTF-8 without NUL. All others are left alone.
@safe
struct FieldScanner: ~Copyable {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080
    private static let quotes = UInt64(Byte.quote) * ones

    private let base: UnsafePointer<UInt8>?
    private let count: Int
    /// Bytes of all of the block that the piece is in.
    private let blockByteCount: Int
    private let slots: UnsafeBufferPointer<Int>
    private let columnCount: Int
    /// Memory of its own, since an array asks at each place whether it is shared.
    private var places: UnsafeMutablePointer<UInt64>
    private var capacity = 1 << 10
    private let delimiter: UInt8
    private let delimiters: UInt64
    private let recordLimit: Int
    private(set) var rowCount = 0
    /// Fields in which quotes were doubled, as they are meant.
    private(set) var undoubled: [UInt8] = []
    private let hasNUL: Bool

    /// - Parameter bytes: Of a block, up to the piece's end.
    init(
        _ bytes: UnsafeBufferPointer<UInt8>, blockByteCount: Int, slots: UnsafeBufferPointer<Int>,
        _ options: CSVOptions, _ columnCount: Int
    ) {
        self.blockByteCount = blockByteCount
        unsafe base = bytes.baseAddress
        count = bytes.count
        unsafe self.slots = slots
        self.columnCount = columnCount
        unsafe places = .allocate(capacity: max(1, capacity * columnCount))
        delimiter = options.delimiter
        delimiters = UInt64(options.delimiter) &* FieldScanner.ones
        recordLimit = min(options.maximumRecordBytes, options.maximumFieldBytes)
        hasNUL = unsafe FieldScanner.hasNUL(bytes)
    }

    deinit { unsafe places.deallocate() }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * capacity * columnCount)
        unsafe larger.moveInitialize(from: places, count: capacity * columnCount)
        unsafe places.deallocate()
        unsafe places = larger
        capacity *= 2
    }

    /// The places so far, row by row.
    func takePlaces() -> [UInt64] {
        unsafe Array(UnsafeBufferPointer(start: places, count: rowCount * columnCount))
    }

    /// Places rows from a record's beginning on, up to one that is not clearly good or the end.
    ///
    /// - Returns: Where it begins.
    mutating func scan(from start: Int) -> Int {
        guard let base = unsafe base else { return start }
        var position = start
        while position < count {
            // SAFETY: positions are below `count`, and `record` looks at nothing from there on.
            let byte = unsafe base[position]
            if byte == Byte.lineFeed {
                position &+= 1
                continue
            }
            if byte == Byte.carriageReturn {
                guard position &+ 1 < count, unsafe base[position &+ 1] == Byte.lineFeed else { return position }
                position &+= 2
                continue
            }
            guard let end = unsafe record(base, position), end &- position <= recordLimit else { return position }
            rowCount &+= 1
            position = end
        }
        return position
    }

    /// Places the fields of one record.
    ///
    /// - Returns: Where the next one begins; nil if this one is not clearly good.
    @inline(__always)
    private mutating func record(_ base: UnsafePointer<UInt8>, _ start: Int) -> Int? {
        var position = start
        let fieldCount = unsafe slots.count
        var field = 0
        if rowCount == capacity { grow() }
        let rowStart = rowCount &* columnCount
        while position < count {
            let slot = unsafe slots[field]
            var (begin, end) = (position, position)
            var hasDoubled = false
            if unsafe base[position] == Byte.quote {
                begin &+= 1
                end = begin
                guard unsafe closingQuote(base, &end, &hasDoubled) else { return nil }
                position = end &+ 1
            } else {
                guard unsafe fieldEnd(base, &end) else { return nil }
                position = end
            }
            // Both leave a byte behind the field.
            if slot >= 0 {
                guard unsafe isGood(UnsafeBufferPointer(start: base + begin, count: end &- begin)) else { return nil }
                let place =
                    unsafe hasDoubled
                    ? undouble(UnsafeBufferPointer(start: base + begin, count: end &- begin))
                    : UInt64(begin) << 32 | UInt64(end &- begin)
                // SAFETY: the slot is below the number of columns, and there is room for all of this row.
                unsafe (places + (rowStart &+ slot)).initialize(to: place)
            }
            let terminator = unsafe base[position]
            position &+= 1
            field &+= 1
            if terminator == delimiter {
                guard field < fieldCount else { return nil }
                continue
            }
            guard field == fieldCount else { return nil }
            if terminator == Byte.lineFeed { return position }
            guard terminator == Byte.carriageReturn, position < count, unsafe base[position] == Byte.lineFeed else {
                return nil
            }
            return position + 1
        }
        return nil
    }

    /// Moves to the next delimiter or line break; false if there is none.
    @inline(__always)
    private func fieldEnd(_ base: UnsafePointer<UInt8>, _ position: inout Int) -> Bool {
        while position &+ 8 <= count {
            // SAFETY: eight bytes are there.
            let word = unsafe UInt64(
                littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let a = word ^ delimiters
            let b = word ^ 0x0A0A_0A0A_0A0A_0A0A
            let c = word ^ 0x0D0D_0D0D_0D0D_0D0D
            // The lowest bit that is set is exact; a borrow can only set bits above it.
            let hits =
                ((a &- FieldScanner.ones) & ~a | (b &- FieldScanner.ones) & ~b | (c &- FieldScanner.ones) & ~c)
                & FieldScanner.tops
            if hits != 0 {
                position &+= hits.trailingZeroBitCount >> 3
                return true
            }
            position &+= 8
        }
        while position < count {
            let byte = unsafe base[position]
            if byte == delimiter || byte == Byte.lineFeed || byte == Byte.carriageReturn { return true }
            position &+= 1
        }
        return false
    }

    /// Moves to the quote that closes the field.
    ///
    /// - Returns: False if there is none, or if something else than a field's end comes after it.
    @inline(__always)
    private func closingQuote(_ base: UnsafePointer<UInt8>, _ position: inout Int, _ hasDoubled: inout Bool) -> Bool {
        while true {
            guard unsafe nextQuote(base, &position), position &+ 1 < count else { return false }
            let next = unsafe base[position &+ 1]
            if next == delimiter || next == Byte.lineFeed || next == Byte.carriageReturn { return true }
            guard next == Byte.quote else { return false }
            hasDoubled = true
            position &+= 2
        }
    }

    @inline(__always)
    private func nextQuote(_ base: UnsafePointer<UInt8>, _ position: inout Int) -> Bool {
        while position &+ 8 <= count {
            // SAFETY: eight bytes are there.
            let word = unsafe UInt64(
                littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let a = word ^ FieldScanner.quotes
            let hits = (a &- FieldScanner.ones) & ~a & FieldScanner.tops
            if hits != 0 {
                position &+= hits.trailingZeroBitCount >> 3
                return true
            }
            position &+= 8
        }
        while position < count {
            if unsafe base[position] == Byte.quote { return true }
            position &+= 1
        }
        return false
    }

    private mutating func undouble(_ field: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let start = undoubled.count
        var isSecond = false
        for index in 0..<field.count {
            let byte = unsafe field[index]
            isSecond = byte == Byte.quote && !isSecond
            // Of two the first is left out.
            if !isSecond { undoubled.append(byte) }
        }
        // Behind all of the block.
        return UInt64(blockByteCount + start) << 32 | UInt64(undoubled.count - start)
    }

    /// UTF-8 without NUL.
    @inline(__always)
    private func isGood(_ field: UnsafeBufferPointer<UInt8>) -> Bool {
        if hasNUL, unsafe FieldScanner.hasNUL(field) { return false }
        guard let base = unsafe UnsafeRawPointer(field.baseAddress), field.count > 0 else { return true }
        var bits: UInt64 = 0
        if field.count < 8 {
            for index in 0..<field.count { bits |= unsafe UInt64(field[index]) }
        } else {
            // SAFETY, of both: eight bytes are there; the last may be among those before.
            var index = 0
            while index &+ 8 <= field.count {
                bits |= unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                index &+= 8
            }
            bits |= unsafe base.loadUnaligned(fromByteOffset: field.count &- 8, as: UInt64.self)
        }
        return unsafe bits & FieldScanner.tops == 0 || UTF8Check.isValid(field)
    }

    private static func hasNUL(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        let count = bytes.count
        var found: UInt64 = 0
        var index = 0
        while index &+ 8 <= count {
            // SAFETY: eight bytes are there.
            let word = unsafe UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt64.self)
            found |= (word &- ones) & ~word & tops
            index &+= 8
        }
        while index < count {
            found |= unsafe base[index] == 0 ? 1 : 0
            index &+= 1
        }
        return found != 0
    }
}

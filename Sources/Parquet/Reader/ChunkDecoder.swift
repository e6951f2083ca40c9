/// Decodes the pages of one column chunk.
struct ChunkDecoder {
    private let field: ParquetField
    private let chunk: ParquetChunk
    private let pageByteLimit: Int
    private var dictionary: ParquetValues?
    private var builder: ValueBuilder
    private var isPresent: [Bool] = []
    private var rowsLeft: Int

    init(_ field: ParquetField, _ chunk: ParquetChunk, pageByteLimit: Int) {
        self.field = field
        self.chunk = chunk
        self.pageByteLimit = pageByteLimit
        builder = ValueBuilder(field)
        rowsLeft = chunk.valueCount
    }

    mutating func decode(_ bytes: [UInt8]) throws(ParquetError) -> ParquetColumnValues {
        var position = 0
        while rowsLeft > 0 {
            guard position < bytes.count else { throw .malformed("pages for \(rowsLeft) rows are missing") }
            var reader = CompactReader(bytes[position...])
            let header = try reader.structure()
            position = reader.position
            guard let type = header[1]?.int, let uncompressed = header[2]?.int, let compressed = header[3]?.int,
                uncompressed >= 0, compressed >= 0, compressed <= bytes.count - position
            else { throw .malformed("a page's header is no good, or the page is cut off") }
            guard uncompressed <= pageByteLimit else {
                throw ParquetError(.tooLarge, "a page of \(uncompressed) bytes; \(pageByteLimit) are read")
            }
            let body = bytes[position..<(position + compressed)]
            position += compressed
            switch type {
            case 0: try dataPage(header, body, uncompressed)
            case 2: try dictionaryPage(header, body, uncompressed)
            case 3: try dataPageV2(header, body, uncompressed)
            default: break
            }
        }
        let hasNulls = isPresent.contains(false)
        return ParquetColumnValues(field: field, values: builder.values, isPresent: hasNulls ? isPresent : nil)
    }

    private mutating func dictionaryPage(
        _ header: ThriftValue, _ body: ArraySlice<UInt8>, _ byteCount: Int
    ) throws(ParquetError) {
        guard dictionary == nil, let count = header[7]?[1]?.int, count >= 0 else {
            throw .malformed("a second dictionary, or one without a count")
        }
        let page = try Decompression.decompress(body, codec: chunk.codec, byteCount: byteCount)
        // An entry takes a byte at least, but for booleans, of which there are two.
        guard count <= max(2, page.count) else {
            throw .malformed("a dictionary of \(count) entries in \(page.count) bytes")
        }
        var cursor = ByteCursor(page)
        var entries = ValueBuilder(field)
        try entries.appendPlain(&cursor, count: count)
        dictionary = entries.values
    }

    /// How many rows a page has, held against those that are left.
    private func rowCount(_ value: ThriftValue?) throws(ParquetError) -> Int {
        guard let count = value?.int, count >= 0, count <= rowsLeft else {
            throw .malformed("a page has more rows than are left of the row group")
        }
        return count
    }

    private mutating func dataPage(
        _ header: ThriftValue, _ body: ArraySlice<UInt8>, _ byteCount: Int
    ) throws(ParquetError) {
        let count = try rowCount(header[5]?[1])
        let page = try Decompression.decompress(body, codec: chunk.codec, byteCount: byteCount)
        var cursor = ByteCursor(page)
        var levels: [UInt32]?
        if field.isOptional {
            switch header[5]?[3]?.int {
            case 3:
                let length = Int(try cursor.integer(UInt32.self))
                var part = ByteCursor(page, try cursor.take(length))
                levels = try RLEDecoding.decode(&part, count: count, bitWidth: 1)
            case 4:
                // The deprecated BIT_PACKED has the highest bit first.
                let range = try cursor.take((count + 7) / 8)
                levels = (0..<count).map { UInt32(page[range.lowerBound + $0 / 8] >> UInt8(7 - $0 % 8) & 1) }
            default: throw .unsupported("definition levels in another encoding than RLE")
            }
        }
        try append(&cursor, count, levels, encoding: header[5]?[2]?.int)
    }

    private mutating func dataPageV2(
        _ header: ThriftValue, _ body: ArraySlice<UInt8>, _ byteCount: Int
    ) throws(ParquetError) {
        let count = try rowCount(header[8]?[1])
        guard let levelByteCount = header[8]?[5]?.int, let repetitionByteCount = header[8]?[6]?.int,
            levelByteCount >= 0,
            repetitionByteCount == 0, levelByteCount <= body.count, levelByteCount <= byteCount
        else { throw .malformed("a page's levels are longer than the page, or repeated") }
        var levels: [UInt32]?
        if field.isOptional {
            var cursor = ByteCursor(Array(body.prefix(levelByteCount)))
            levels = try RLEDecoding.decode(&cursor, count: count, bitWidth: 1)
        }
        let isCompressed: Bool = if case .bool(false)? = header[8]?[7] { false } else { true }
        let page = try Decompression.decompress(
            body.dropFirst(levelByteCount), codec: isCompressed ? chunk.codec : 0, byteCount: byteCount - levelByteCount
        )
        var cursor = ByteCursor(page)
        try append(&cursor, count, levels, encoding: header[8]?[4]?.int)
    }

    /// Decodes a page's values and places them in the rows that have one.
    private mutating func append(
        _ cursor: inout ByteCursor, _ count: Int, _ levels: [UInt32]?, encoding: Int?
    ) throws(ParquetError) {
        let presence = levels.map { $0.map { $0 == 1 } }
        let present = presence.map { $0.count { $0 } } ?? count
        var page = ValueBuilder(field)
        switch encoding {
        case 0: try page.appendPlain(&cursor, count: present)
        case 2, 8:
            guard let dictionary else { throw .malformed("a page refers to a dictionary that isn't there") }
            guard present > 0 else { break }
            let bitWidth = Int(try cursor.byte())
            let indices = try RLEDecoding.decode(&cursor, count: present, bitWidth: bitWidth)
            try page.append(indices, of: dictionary, byteLimit: pageByteLimit)
        case 3:
            guard field.physicalType == .boolean else { throw .unsupported("RLE of other values than booleans") }
            let length = Int(try cursor.integer(UInt32.self))
            var part = ByteCursor(cursor.bytes, try cursor.take(length))
            page.append(booleans: try RLEDecoding.decode(&part, count: present, bitWidth: 1))
        case 5: try page.append(integers: try DeltaDecoding.integers(&cursor, limit: present))
        case 6: try page.append(byteArrays: try DeltaDecoding.byteArrays(&cursor, limit: present))
        case 7:
            try page.append(
                byteArrays: try DeltaDecoding.prefixedByteArrays(&cursor, limit: present, byteLimit: pageByteLimit))
        case 9: try page.appendSplit(&cursor, count: present)
        default: throw .unsupported("encoding \(encoding.map(String.init) ?? "that is not given")")
        }
        guard page.count == present else {
            throw .malformed("a page has \(page.count) values where \(present) should be")
        }
        builder.append(page, presence)
        isPresent += presence ?? [Bool](repeating: true, count: count)
        rowsLeft -= count
    }
}

/// The end of a file: its schema and where its row groups are (parquet.thrift, FileMetaData).
struct FileFooter {
    static let magic = Array("PAR1".utf8)
    /// Bytes of the metadata beyond which a file is refused.
    static let maximumByteCount = 64 << 20

    let fields: [ParquetField]
    let rowGroups: [ParquetRowGroup]
    let rowCount: Int
    let createdBy: String?

    /// - Parameter fileByteCount: What offsets are held against.
    init(_ bytes: [UInt8], fileByteCount: Int) throws(ParquetError) {
        var reader = CompactReader(bytes[...])
        let root = try reader.structure()
        guard let schema = root[2]?.elements, let groups = root[4]?.elements, let rowCount = root[3]?.int, rowCount >= 0
        else { throw .malformed("the metadata has no schema, row groups or number of rows") }
        var walker = SchemaWalker(elements: schema)
        try walker.walk()
        let fields = walker.fields
        var rowGroups: [ParquetRowGroup] = []
        for (index, group) in groups.enumerated() {
            do {
                rowGroups.append(try FileFooter.rowGroup(group, fields.count, fileByteCount))
            } catch {
                throw error.located("row group \(index)")
            }
        }
        self.fields = fields
        self.rowGroups = rowGroups
        self.rowCount = rowCount
        createdBy = root[6]?.text
    }

    private static func rowGroup(
        _ group: ThriftValue, _ fieldCount: Int, _ fileByteCount: Int
    ) throws(ParquetError) -> ParquetRowGroup {
        guard let rowCount = group[3]?.int, rowCount >= 0, let columns = group[1]?.elements, columns.count == fieldCount
        else { throw .malformed("it has no number of rows, or another number of columns than the schema") }
        var chunks: [ParquetChunk] = []
        for column in columns {
            guard column[1] == nil else { throw .unsupported("a column that is in another file") }
            guard let data = column[3], let codec = data[4]?.int, let valueCount = data[5]?.int, valueCount >= 0,
                let byteCount = data[7]?.int, let dataOffset = data[9]?.int
            else { throw .malformed("a column has no metadata") }
            // Some writers put 0 where there is no dictionary.
            let dictionaryOffset = data[11]?.int.flatMap { $0 > 0 ? $0 : nil }
            let offset = min(dataOffset, dictionaryOffset ?? dataOffset)
            guard offset >= 0, byteCount >= 0, byteCount <= fileByteCount, offset <= fileByteCount - byteCount else {
                throw .malformed("a column of \(byteCount) bytes at \(offset) is not within the file")
            }
            let statistics = data[12]
            chunks.append(
                ParquetChunk(
                    valueCount: valueCount, compressedByteCount: byteCount, nullCount: statistics?[3]?.int,
                    minimum: statistics?[6]?.bytes, maximum: statistics?[5]?.bytes, codec: codec, offset: offset))
        }
        return ParquetRowGroup(rowCount: rowCount, chunks: chunks)
    }
}

/// Finds the leaves of a schema, which is a tree in the order of its walk.
private struct SchemaWalker {
    private static let maximumDepth = 64

    let elements: [ThriftValue]
    private(set) var fields: [ParquetField] = []
    private var next = 0

    init(elements: [ThriftValue]) { self.elements = elements }

    mutating func walk() throws(ParquetError) {
        guard let root = elements.first, let count = root[5]?.int else { throw .malformed("the schema has no root") }
        next = 1
        for _ in 0..<max(0, min(count, elements.count)) { try element(path: [], isNested: false, isOptional: false) }
        guard next == elements.count else { throw .malformed("the schema is no tree") }
    }

    private mutating func element(path: [String], isNested: Bool, isOptional: Bool) throws(ParquetError) {
        guard next < elements.count, path.count < SchemaWalker.maximumDepth else {
            throw .malformed("the schema is no tree")
        }
        let element = elements[next]
        next += 1
        guard let name = element[4]?.text else { throw .malformed("a column of the schema has no name") }
        let repetition = element[3]?.int ?? 0
        let path = path + [name]
        if let children = element[5]?.int, children > 0 {
            for _ in 0..<min(children, elements.count) {
                try self.element(path: path, isNested: true, isOptional: true)
            }
            return
        }
        guard let type = element[1]?.int.flatMap(ParquetField.PhysicalType.init(rawValue:)) else {
            throw .malformed("column \(path.joined(separator: ".")) has no type")
        }
        let length = element[2]?.int ?? 0
        guard type != .fixedLengthByteArray || (1...(1 << 20)).contains(length) else {
            throw .malformed("column \(path.joined(separator: ".")) has values of \(length) bytes")
        }
        fields.append(
            ParquetField(
                name: path.joined(separator: "."), physicalType: type, typeLength: length, isOptional: repetition == 1,
                isNested: isNested || repetition == 2, isText: element[6]?.int == 0 || element[10]?[1] != nil))
    }
}

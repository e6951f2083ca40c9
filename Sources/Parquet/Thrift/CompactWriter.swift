/// Writes structures in Thrift's compact protocol, which Parquet's metadata is spelled in.
///
/// Source: thrift/doc/specs/thrift-compact-protocol.md. Fields are written in ascending order of their ids.
struct CompactWriter {
    enum Kind: UInt8 {
        case boolTrue = 1, boolFalse = 2, int16 = 4, int32 = 5, int64 = 6, binary = 8, list = 9, structure = 12
    }

    private(set) var bytes: [UInt8] = []
    private var lastIDs: [Int] = [0]

    private mutating func header(_ id: Int, _ kind: Kind) {
        let delta = id - (lastIDs.last ?? 0)
        if (1...15).contains(delta) {
            bytes.append(UInt8(delta << 4) | kind.rawValue)
        } else {
            bytes.append(kind.rawValue)
            zigzag(Int64(id))
        }
        lastIDs[lastIDs.count - 1] = id
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func zigzag(_ value: Int64) { varint(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    mutating func field(_ id: Int, bool value: Bool) { header(id, value ? .boolTrue : .boolFalse) }
    mutating func field(_ id: Int, int16 value: Int) { header(id, .int16); zigzag(Int64(value)) }
    mutating func field(_ id: Int, int32 value: Int) { header(id, .int32); zigzag(Int64(value)) }
    mutating func field(_ id: Int, int64 value: Int) { header(id, .int64); zigzag(Int64(value)) }
    mutating func field(_ id: Int, text value: String) { field(id, binary: Array(value.utf8)) }

    mutating func field(_ id: Int, binary value: [UInt8]) {
        header(id, .binary)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func field(_ id: Int, _ body: (inout CompactWriter) -> Void) {
        header(id, .structure)
        structure(body)
    }

    /// A structure's fields and its end: the whole of a message, or an element of a list.
    mutating func structure(_ body: (inout CompactWriter) -> Void) {
        lastIDs.append(0)
        body(&self)
        lastIDs.removeLast()
        bytes.append(0)
    }

    private mutating func listHeader(_ id: Int, _ kind: Kind, _ count: Int) {
        header(id, .list)
        if count < 15 {
            bytes.append(UInt8(count << 4) | kind.rawValue)
        } else {
            bytes.append(0xF0 | kind.rawValue)
            varint(UInt64(count))
        }
    }

    mutating func field<Element>(
        _ id: Int, list elements: [Element], _ body: (inout CompactWriter, Element) -> Void
    ) {
        listHeader(id, .structure, elements.count)
        for element in elements { structure { body(&$0, element) } }
    }

    mutating func field(_ id: Int, int32s values: [Int]) {
        listHeader(id, .int32, values.count)
        for value in values { zigzag(Int64(value)) }
    }

    mutating func field(_ id: Int, int64s values: [Int]) {
        listHeader(id, .int64, values.count)
        for value in values { zigzag(Int64(value)) }
    }

    mutating func field(_ id: Int, bools values: [Bool]) {
        listHeader(id, .boolTrue, values.count)
        for value in values { bytes.append((value ? Kind.boolTrue : .boolFalse).rawValue) }
    }

    mutating func field(_ id: Int, texts values: [String]) { field(id, binaries: values.map { Array($0.utf8) }) }

    mutating func field(_ id: Int, binaries values: [[UInt8]]) {
        listHeader(id, .binary, values.count)
        for value in values {
            varint(UInt64(value.count))
            bytes.append(contentsOf: value)
        }
    }
}

/// A value in Thrift's compact protocol, its type erased as the protocol has it.
indirect enum ThriftValue {
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case binary([UInt8])
    case list([ThriftValue])
    case structure([Int: ThriftValue])

    var int: Int? { if case .int(let value) = self { Int(exactly: value) } else { nil } }
    var bytes: [UInt8]? { if case .binary(let bytes) = self { bytes } else { nil } }
    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
    var elements: [ThriftValue]? { if case .list(let elements) = self { elements } else { nil } }
    subscript(id: Int) -> ThriftValue? { if case .structure(let fields) = self { fields[id] } else { nil } }
}

/// Reads structures in Thrift's compact protocol.
///
/// Source: thrift/doc/specs/thrift-compact-protocol.md. Nothing is taken on trust: lengths and counts are held against the
/// bytes that are left, nesting is bounded, and the values read are at most one for each byte.
struct CompactReader {
    private static let maximumDepth = 24

    private let bytes: ArraySlice<UInt8>
    /// Where the next byte is.
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// - Throws: ``ParquetError`` `.malformed`.
    mutating func structure() throws(ParquetError) -> ThriftValue { try structure(depth: 0) }

    private mutating func structure(depth: Int) throws(ParquetError) -> ThriftValue {
        guard depth < CompactReader.maximumDepth else { throw .malformed("metadata is nested too deeply") }
        var fields: [Int: ThriftValue] = [:]
        var id = 0
        while true {
            let header = try byte()
            if header == 0 { return .structure(fields) }
            if header >> 4 != 0 {
                id += Int(header >> 4)
            } else {
                id = Int(truncatingIfNeeded: try zigzag())
            }
            fields[id] = try value(header & 0x0F, depth: depth, isElement: false)
        }
    }

    private mutating func value(_ kind: UInt8, depth: Int, isElement: Bool) throws(ParquetError) -> ThriftValue {
        switch kind {
        case 1 where !isElement: return .bool(true)
        case 2 where !isElement: return .bool(false)
        case 1, 2: return .bool(try byte() == 1)
        case 3: return .int(Int64(Int8(bitPattern: try byte())))
        case 4, 5, 6: return .int(try zigzag())
        case 7: return .double(Double(bitPattern: try word()))
        case 8:
            let count = try count()
            defer { position += count }
            return .binary(Array(bytes[position..<(position + count)]))
        case 9, 10:
            let header = try byte()
            let count = header >> 4 == 15 ? try count() : Int(header >> 4)
            guard count <= bytes.endIndex - position else { throw .malformed("a list of the metadata is cut off") }
            var elements: [ThriftValue] = []
            for _ in 0..<count { elements.append(try value(header & 0x0F, depth: depth + 1, isElement: true)) }
            return .list(elements)
        case 11:
            let count = try count()
            guard count > 0 else { return .list([]) }
            let kinds = try byte()
            for _ in 0..<count {
                _ = try value(kinds >> 4, depth: depth + 1, isElement: true)
                _ = try value(kinds & 0x0F, depth: depth + 1, isElement: true)
            }
            return .list([])
        case 12: return try structure(depth: depth + 1)
        default: throw .malformed("metadata has a value of an unknown type (\(kind))")
        }
    }

    private mutating func byte() throws(ParquetError) -> UInt8 {
        guard position < bytes.endIndex else { throw .malformed("metadata is cut off") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func word() throws(ParquetError) -> UInt64 {
        var word: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { word |= UInt64(try byte()) << shift }
        return word
    }

    private mutating func varint() throws(ParquetError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try byte()
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw .malformed("a number of the metadata has too many bytes")
    }

    private mutating func zigzag() throws(ParquetError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(value & 1)
    }

    /// A number of bytes or elements that follow.
    private mutating func count() throws(ParquetError) -> Int {
        let value = try varint()
        guard value <= UInt64(bytes.endIndex - position) else {
            throw .malformed("a length of the metadata is too large")
        }
        return Int(value)
    }
}

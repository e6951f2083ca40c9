/// Texts end to end: text *i* is `bytes[offsets[i]..<offsets[i + 1]]`.
package struct UTF8Values: Sendable, Hashable {
    package var bytes: [UInt8]
    package var offsets: [Int]

    package init(bytes: [UInt8] = [], offsets: [Int] = [0]) {
        self.bytes = bytes
        self.offsets = offsets
    }

    package init(_ texts: some Sequence<some Collection<UInt8>>) {
        self.init()
        for text in texts { append(text) }
    }

    package var count: Int { offsets.count - 1 }
    package subscript(index: Int) -> ArraySlice<UInt8> { bytes[offsets[index]..<offsets[index + 1]] }

    package mutating func append(_ text: some Collection<UInt8>) {
        bytes.append(contentsOf: text)
        offsets.append(bytes.count)
    }
}

/// The values of one column in a batch of rows.
package enum ColumnValues: Sendable {
    /// Nil is null; only in optional columns.
    case int32([Int32?])
    case int64([Int64])
    case double([Double])
    case timestampMicros([Int64])
    case utf8(UTF8Values)
    /// Indices into the column's dictionary; -1 is null, only in optional columns.
    case indices([Int32])

    var count: Int {
        switch self {
        case .int32(let values): values.count
        case .int64(let values), .timestampMicros(let values): values.count
        case .double(let values): values.count
        case .utf8(let values): values.count
        case .indices(let values): values.count
        }
    }
}

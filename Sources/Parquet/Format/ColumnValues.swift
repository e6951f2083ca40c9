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

    @inlinable package var count: Int { offsets.count - 1 }
    @inlinable package subscript(index: Int) -> ArraySlice<UInt8> { bytes[offsets[index]..<offsets[index + 1]] }

    @inlinable
    package mutating func append(_ text: some Collection<UInt8>) {
        bytes.append(contentsOf: text)
        offsets.append(bytes.count)
    }

    @inlinable
    package mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        unsafe bytes.append(contentsOf: text)
        offsets.append(bytes.count)
    }

    /// Calls `body` with a text's bytes.
    @inlinable
    package func withText<Result>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe body(UnsafeBufferPointer(rebasing: bytes[offsets[index]..<offsets[index + 1]]))
        }
    }

    /// The texts at `order`, in that order.
    package func reordered(_ order: [UInt32]) -> UTF8Values {
        var result = UTF8Values()
        result.offsets.reserveCapacity(order.count + 1)
        result.bytes.reserveCapacity(bytes.count)
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe offsets.withUnsafeBufferPointer { offsets in
                for index in order {
                    let text = unsafe bytes[offsets[Int(index)]..<offsets[Int(index) + 1]]
                    unsafe result.bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text))
                    result.offsets.append(result.bytes.count)
                }
            }
        }
        return result
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

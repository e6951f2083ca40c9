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
    ///
    /// - Precondition: `order` has each index once.
    package func reordered(_ order: [UInt32]) -> UTF8Values {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe offsets.withUnsafeBufferPointer { unsafe UTF8Values(bytes: bytes, offsets: $0, order: order) }
        }
    }

    /// Texts that lie elsewhere, in another order.
    ///
    /// - Precondition: `order` has each index once.
    package init(bytes old: UnsafeBufferPointer<UInt8>, offsets: UnsafeBufferPointer<Int>, order: [UInt32]) {
        precondition(order.count == offsets.count - 1, "texts are put in an order of others")
        let newOffsets = unsafe [Int](unsafeUninitializedCapacity: order.count + 1) { new, newCount in
            var end = 0
            unsafe new[0] = 0
            for (place, index) in order.enumerated() {
                end += unsafe offsets[Int(index) + 1] - offsets[Int(index)]
                unsafe new[place + 1] = end
            }
            newCount = order.count + 1
        }
        let byteCount = newOffsets[order.count]
        // At least one: no bytes would be those that all threads share, whose count is written here.
        bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(1, byteCount)) { new, newCount in
            if let source = old.baseAddress, let target = new.baseAddress {
                for (place, index) in order.enumerated() {
                    let (start, end) = unsafe (offsets[Int(index)], offsets[Int(index) + 1])
                    // SAFETY: offsets are within the bytes, and the new ones add up to the room there is.
                    unsafe (target + newOffsets[place]).initialize(from: source + start, count: end - start)
                }
            }
            newCount = byteCount
        }
        self.offsets = newOffsets
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

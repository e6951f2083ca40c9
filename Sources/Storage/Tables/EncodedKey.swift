/// Key values as bytes that compare as the values do: what stores order items by.
///
/// Strings are their UTF-8, binary values themselves, numbers ``DecimalNumber/orderedBytes``. One attribute has one type,
/// so values of different types never meet. Without a sort key, `sort` is empty.
struct EncodedKey: Sendable, Hashable {
    let partition: [UInt8]
    let sort: [UInt8]

    /// Bytes of an encoded partition key at most.
    static let maximumPartitionBytes = 2_048
    /// Bytes of an encoded sort key at most.
    static let maximumSortBytes = 1_024
}

extension EncodedKey: Comparable {
    static func < (left: EncodedKey, right: EncodedKey) -> Bool {
        left.partition == right.partition
            ? left.sort.lexicographicallyPrecedes(right.sort)
            : left.partition.lexicographicallyPrecedes(right.partition)
    }
}

/// The first byte string after all that begin with `prefix`, or nil when there is none.
func successor(ofPrefix prefix: [UInt8]) -> [UInt8]? {
    guard let last = prefix.lastIndex(where: { $0 != 0xFF }) else { return nil }
    return prefix[..<last] + [prefix[last] + 1]
}

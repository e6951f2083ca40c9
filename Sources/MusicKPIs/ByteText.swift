/// Text kept and compared byte for byte.
///
/// `String` takes composed and decomposed letters for equal; ids and genres are other ids and genres then.
package struct ByteText: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let bytes: [UInt8]

    @inlinable package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
    package init(_ text: String) { bytes = Array(text.utf8) }

    package static func < (left: ByteText, right: ByteText) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }
}

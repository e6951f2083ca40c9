import CZlib

/// zlib's raw deflate (RFC 1951) and CRC-32, on whole buffers.
///
/// The output of ``compress(_:)`` depends on zlib's version, which is linked statically: one build of this program always
/// makes the same bytes of the same bytes.
enum Deflate {
    /// zlib's slowest and smallest.
    private static let level: Int32 = 9

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        // SAFETY: the call reads `bytes` by its count and keeps no pointer.
        UInt32(truncatingIfNeeded: unsafe crc32_z(0, bytes, bytes.count))
    }

    /// - Precondition: `bytes` holds less than 4 GiB, as a zip without its 64-bit extension does.
    static func compress(_ bytes: [UInt8], name: String) throws(PackagingError) -> [UInt8] {
        precondition(bytes.count < Int(UInt32.max), "\(name) is too large for one call of zlib")
        let stream = ZlibStream()
        guard unsafe turntable_raw_deflate_init(stream.pointer, level) == Z_OK else { throw outOfMemory(name) }
        let room = unsafe Int(deflateBound(stream.pointer, UInt(bytes.count)))
        let (compressed, status) = unsafe stream.run(bytes[...], room: room) { unsafe deflate($0, Z_FINISH) }
        unsafe deflateEnd(stream.pointer)
        guard status == Z_STREAM_END else { throw outOfMemory(name) }
        return compressed
    }

    /// Inflates to exactly `byteCount` bytes.
    ///
    /// - Throws: ``PackagingError`` with code `.malformed` when it is no deflate stream, or comes to another size.
    static func decompress(
        _ bytes: ArraySlice<UInt8>, byteCount: Int, name: String
    ) throws(PackagingError) -> [UInt8] {
        let stream = ZlibStream()
        guard unsafe turntable_raw_inflate_init(stream.pointer) == Z_OK else { throw outOfMemory(name) }
        // One byte more than there should be, so that a stream which goes on is seen.
        let (plain, status) = unsafe stream.run(bytes, room: byteCount + 1) { unsafe inflate($0, Z_FINISH) }
        let restCount = unsafe stream.pointer.pointee.avail_in
        unsafe inflateEnd(stream.pointer)
        guard status == Z_STREAM_END, plain.count == byteCount, restCount == 0 else {
            throw PackagingError(
                .malformed, name, "its compressed bytes do not come to the \(byteCount) bytes that the archive notes")
        }
        return plain
    }

    private static func outOfMemory(_ name: String) -> PackagingError {
        PackagingError(.outOfMemory, name, "zlib got no memory to work on it")
    }
}

/// A stream at one address, which zlib's own state keeps.
@safe
private final class ZlibStream {
    let pointer: UnsafeMutablePointer<z_stream>

    init() {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: z_stream())
    }

    deinit { unsafe pointer.deallocate() }

    /// One call on all of the input, with room for `room` bytes of output.
    func run(
        _ bytes: ArraySlice<UInt8>, room: Int, _ call: (UnsafeMutablePointer<z_stream>) -> Int32
    ) -> (output: [UInt8], status: Int32) {
        var status = Z_OK
        // SAFETY: zlib does not write to its input, whatever its type says, and stays within both counts.
        let output = unsafe [UInt8](unsafeUninitializedCapacity: room) { output, count in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe pointer.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe pointer.pointee.avail_in = UInt32(input.count)
                unsafe pointer.pointee.next_out = output.baseAddress
                unsafe pointer.pointee.avail_out = UInt32(room)
                status = unsafe call(pointer)
                count = unsafe room - Int(pointer.pointee.avail_out)
            }
        }
        return (output, status)
    }
}

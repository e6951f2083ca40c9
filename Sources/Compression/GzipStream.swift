import CZlib

/// zlib's inflate.
@safe
final class GzipStream: DecompressionStream {
    private let stream: UnsafeMutablePointer<z_stream>
    private(set) var hasMore = false
    private(set) var isAtEnd = false

    init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe turntable_gunzip_init(stream) == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    func decompress(
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> (consumed: Int, produced: Int, problem: String?) {
        if isAtEnd {
            guard unsafe !input.isEmpty else { return (0, 0, nil) }
            // Another member.
            unsafe inflateReset(stream)
            isAtEnd = false
        }
        let count = min(input.count, Int(UInt32.max))
        let room = min(output.count, Int(UInt32.max))
        // SAFETY: zlib does not write to its input, whatever its type says, and stays within both counts.
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        unsafe stream.pointee.avail_in = UInt32(count)
        unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = UInt32(room)
        let status = unsafe inflate(stream, Z_NO_FLUSH)
        let consumed = unsafe count - Int(stream.pointee.avail_in)
        let produced = unsafe room - Int(stream.pointee.avail_out)
        isAtEnd = status == Z_STREAM_END
        hasMore = !isAtEnd && produced == room
        switch status {
        case Z_OK, Z_STREAM_END, Z_BUF_ERROR: return (consumed, produced, nil)
        default:
            let words = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
            return (consumed, produced, words ?? "zlib's error \(status)")
        }
    }
}

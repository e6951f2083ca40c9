/// What a run of CSV text is made of, found at the speed of memory.
///
/// Text is plain when its records are its lines and a field's bytes are its content: no quote, no NUL, no CR but before
/// an LF, valid UTF-8. Most files are, from their second line to their last.
package struct TextTraits: Sendable, Hashable {
    package let isPlain: Bool
    package let lineFeedCount: Int

    /// Bytes whose line feeds are counted in one byte.
    private static let runByteCount = 128

    package init(isPlain: Bool, lineFeedCount: Int) {
        self.isPlain = isPlain
        self.lineFeedCount = lineFeedCount
    }

    /// Looks through `bytes[range]`.
    ///
    /// - Complexity: O(*n*), some 0.1 ns a byte; text with rarer bytes is looked through again.
    package init(of bytes: [UInt8], in range: Range<Int>) {
        var lineFeedCount = 0
        var odd: UInt8 = 0
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var offset = range.lowerBound
            // Loops over bytes without branches or checks, which the compiler turns into vector instructions.
            while offset + TextTraits.runByteCount <= range.upperBound {
                let run = unsafe base + offset
                var lineFeeds: UInt8 = 0
                for index in 0..<TextTraits.runByteCount {
                    // SAFETY: the run ends within the range, and that within the array.
                    let byte = unsafe run[index]
                    lineFeeds &+= byte == 0x0A ? 1 : 0
                    odd |= TextTraits.oddness(byte)
                }
                lineFeedCount += Int(lineFeeds)
                offset += TextTraits.runByteCount
            }
            while offset < range.upperBound {
                let byte = unsafe base[offset]
                lineFeedCount += byte == 0x0A ? 1 : 0
                odd |= TextTraits.oddness(byte)
                offset += 1
            }
        }
        self.lineFeedCount = lineFeedCount
        isPlain = odd == 0 || TextTraits.isPlain(bytes, range)
    }

    /// 0 for the bytes that most text is made of: `,` to DEL, space and LF.
    @inline(__always)
    private static func oddness(_ byte: UInt8) -> UInt8 {
        (byte &- 0x2C < 0x54 ? 0 : 1) & (byte == 0x0A ? 0 : 1) & (byte == 0x20 ? 0 : 1)
    }

    /// The same, byte by byte: what the quick way is held against.
    package init(scalar bytes: [UInt8], in range: Range<Int>) {
        lineFeedCount = bytes[range].count { $0 == 0x0A }
        var isPlain = (try? UTF8Span(validating: bytes.span.extracting(range))) != nil
        for index in range {
            switch bytes[index] {
            case Byte.quote, 0: isPlain = false
            case Byte.carriageReturn where index + 1 == range.upperBound || bytes[index + 1] != Byte.lineFeed:
                isPlain = false
            default: break
            }
        }
        self.isPlain = isPlain
    }

    private static func isPlain(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        var highest: UInt8 = 0
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            highest |= byte
            index += 1
            switch byte {
            case Byte.quote, 0: return false
            case Byte.carriageReturn:
                guard index < range.upperBound, bytes[index] == Byte.lineFeed else { return false }
            default: break
            }
        }
        return highest < 0x80 || (try? UTF8Span(validating: bytes.span.extracting(range))) != nil
    }
}

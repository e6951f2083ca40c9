/// What a process prints during one invocation, or during its start: whole lines for the file, the end for the caller.
///
/// Memory is bounded by the tail and one line, the file's share by ``fileByteLimit``.
struct InvocationLog {
    /// Bytes of one invocation's output that go to the file; the rest is counted.
    static let fileByteLimit = 10 << 20
    /// Bytes of a line without an end after which it is written in parts.
    static let lineByteLimit = 64 << 10

    private(set) var tail: [UInt8] = []
    private var line: [UInt8] = []
    private var writtenByteCount = 0
    private(set) var truncatedByteCount = 0
    private let fileByteLimit: Int

    init(fileByteLimit: Int = InvocationLog.fileByteLimit) { self.fileByteLimit = fileByteLimit }

    /// Takes in output and returns what of it is to be written now.
    mutating func receive(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        keepTail(bytes)
        line += bytes
        guard let end = line.lastIndex(of: UInt8(ascii: "\n")) else {
            guard line.count > InvocationLog.lineByteLimit else { return [] }
            defer { line = [] }
            return admit(line[...])
        }
        let complete = admit(line[...end])
        line.removeSubrange(...end)
        return complete
    }

    /// Takes in a line of Lambda's own, which always finds room, and ends an unfinished line of the function's.
    mutating func platform(_ text: String) -> [UInt8] {
        let bytes = finishLine() + Array(text.utf8)
        keepTail(Array(text.utf8)[...])
        return bytes
    }

    /// Returns what is left of an unfinished line, and the note of what was left out.
    mutating func finish() -> [UInt8] {
        var bytes = finishLine()
        if truncatedByteCount > 0 {
            let note = Array("turntable: truncated \(truncatedByteCount) bytes of this invocation's output\n".utf8)
            keepTail(note[...])
            bytes += note
        }
        return bytes
    }

    /// Returns what is left of an unfinished line, ended.
    mutating func finishLine() -> [UInt8] {
        guard !line.isEmpty else { return [] }
        defer { line = [] }
        let rest = admit(line[...])
        guard !rest.isEmpty else { return [] }
        keepTail([UInt8(ascii: "\n")])
        return rest + [UInt8(ascii: "\n")]
    }

    private mutating func admit(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        guard writtenByteCount + bytes.count <= fileByteLimit, truncatedByteCount == 0 else {
            truncatedByteCount += bytes.count
            return []
        }
        writtenByteCount += bytes.count
        return Array(bytes)
    }

    private mutating func keepTail(_ bytes: ArraySlice<UInt8>) {
        let limit = FunctionLog.tailByteCount
        if bytes.count >= limit {
            tail = Array(bytes.suffix(limit))
        } else {
            tail.removeFirst(max(0, tail.count + bytes.count - limit))
            tail += bytes
        }
    }
}

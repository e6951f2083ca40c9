package import CSV
package import JSON

/// How a file is cut, written down once for each file version: whoever works on the file later keeps to it.
///
/// Its ranges are of the same size and know nothing of records. Each is scanned by itself (``RangeScan``); put together
/// the scans say where records begin, and so which bytes are whose (``FilePart``).
package struct SplitPlan: Sendable, Hashable {
    /// Ranges of a file at most: what one step can put together.
    package static let maximumRangeCount = 10_000

    package let byteCount: Int
    package let rangeByteCount: Int
    /// Where the first row begins; all before it is the header.
    package let firstRow: RecordStart

    package var ranges: [Range<Int>] {
        stride(from: 0, to: byteCount, by: rangeByteCount).map { $0..<min($0 + rangeByteCount, byteCount) }
    }

    init(byteCount: Int, rangeByteCount: Int, firstRow: RecordStart) {
        self.byteCount = byteCount
        // A file too large for so many ranges gets larger ones.
        let least = (byteCount + SplitPlan.maximumRangeCount - 1) / SplitPlan.maximumRangeCount
        self.rangeByteCount = max(1, rangeByteCount, least)
        self.firstRow = firstRow
    }

    init?(_ json: JSONValue) {
        guard let byteCount = json["byte_count"]?.intValue, let size = json["range_byte_count"]?.intValue, size > 0,
            let firstRow = RecordStart(json["first_row"])
        else { return nil }
        self.byteCount = byteCount
        rangeByteCount = size
        self.firstRow = firstRow
    }

    var json: JSONValue {
        ["byte_count": .int(byteCount), "range_byte_count": .int(rangeByteCount), "first_row": firstRow.json]
    }
}

/// A run of whole records: the work of one invocation.
package struct FilePart: Sendable, Hashable {
    package let index: Int
    package let start: RecordStart
    /// Where the next part's first record begins, or the file ends.
    package let end: Int

    package var byteCount: Int { end - start.byteOffset }

    init(index: Int, start: RecordStart, end: Int) {
        self.index = index
        self.start = start
        self.end = end
    }

    /// - Throws: ``PipelineError`` `.malformedEvent`.
    package init(_ json: JSONValue) throws(PipelineError) {
        guard let index = json["index"]?.intValue, let start = RecordStart(json), let end = json["end"]?.intValue,
            start.byteOffset >= 0, start.byteOffset <= end, index >= 0
        else {
            throw PipelineError(.malformedEvent, "the part is no {index, offset, line, end}")
        }
        self.init(index: index, start: start, end: end)
    }

    package var json: JSONValue {
        [
            "index": .int(index), "offset": .int(start.byteOffset), "line": .int(start.line), "end": .int(end),
        ]
    }
}

extension RecordStart {
    init?(_ json: JSONValue?) {
        guard let offset = json?["offset"]?.intValue, let line = json?["line"]?.intValue else { return nil }
        self.init(byteOffset: offset, line: line)
    }

    var json: JSONValue { ["offset": .int(byteOffset), "line": .int(line)] }
}

/// What a range comes to, whatever was before it: for each place where its first record may begin, where the first record
/// after it does. Lines count from the range's first byte.
package struct RangeScan: Sendable, Hashable {
    struct Candidate: Sendable, Hashable {
        let start: RecordStart
        let next: RecordStart
    }

    let candidates: [Candidate]

    init(candidates: [Candidate]) { self.candidates = candidates }

    init?(_ json: JSONValue) {
        guard let values = json["candidates"]?.arrayValue else { return nil }
        candidates = values.compactMap { value in
            guard let start = RecordStart(value["start"]), let next = RecordStart(value["next"]) else { return nil }
            return Candidate(start: start, next: next)
        }
        guard candidates.count == values.count else { return nil }
    }

    var json: JSONValue {
        ["candidates": .array(candidates.map { ["start": $0.start.json, "next": $0.next.json] })]
    }
}

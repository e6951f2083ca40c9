package import CSV
package import MusicKPIs
package import Storage

/// Finds where the records of a file begin, range by range.
///
/// A quoted field may hold line breaks, so that a range by itself does not say where its first record begins. It is read on
/// every assumption about its first byte; two readings that come to the same record are one from there on, which in real
/// files they do within a few lines. Where the ranges are put together the true start is known, and the reading that began
/// there is taken: it can't be wrong, since what follows a record's start does not depend on what came before. When none
/// did, the range is read anew.
package struct RecordScanning: Sendable {
    private let objects: any ObjectStore
    private let source: StreamSource
    private let byteCount: Int

    /// Bytes after which readings on different assumptions are compared.
    static let comparedByteCount = 1 << 20

    package init(_ source: StreamSource, byteCount: Int, in objects: any ObjectStore) {
        self.source = source
        self.byteCount = byteCount
        self.objects = objects
    }

    /// Where the first row begins.
    ///
    /// - Throws: `CSVError` for a file that is none as a whole.
    package func firstRow() async throws -> RecordStart {
        try await run(RecordStartFinder(target: 0), from: 0)
    }

    /// Where the first record at or after `target` begins, seen from a record's start.
    package func next(after start: RecordStart, target: Int) async throws -> RecordStart {
        guard start.byteOffset < target else { return start }
        return try await run(RecordStartFinder(from: start, target: target), from: start.byteOffset)
    }

    /// Reads a range on every assumption.
    package func scan(_ range: Range<Int>, comparedByteCount: Int = RecordScanning.comparedByteCount) async throws
        -> RangeScan
    {
        guard range.lowerBound > 0 else { return RangeScan(candidates: []) }
        let previous = try await objects.get(
            source.key, in: source.bucket, range: (range.lowerBound - 1)..<range.lowerBound, ifMatch: source.eTag)
        var starts: [RecordStart] = []
        for assumption in RecordStartFinder.Assumption.after(previous[0]) {
            let finder = RecordStartFinder(at: range.lowerBound, after: previous[0], assuming: assumption)
            let start = try await run(finder, from: range.lowerBound)
            if !starts.contains(start) { starts.append(start) }
        }
        // By where a reading has come to: the starts that led there.
        var readings = Dictionary(grouping: starts) { $0 }
        for target in [min(range.lowerBound + comparedByteCount, range.upperBound), range.upperBound] {
            var further: [RecordStart: [RecordStart]] = [:]
            for (place, starts) in readings {
                further[try await next(after: place, target: target), default: []] += starts
            }
            readings = further
        }
        return RangeScan(
            candidates: readings.flatMap { next, starts in
                starts.map { RangeScan.Candidate(start: $0, next: next) }
            }.sorted { $0.start.byteOffset < $1.start.byteOffset })
    }

    /// Puts the scans of all ranges together.
    ///
    /// - Parameter scan: Gives the scan of a range by its index; nil to have it read here.
    /// - Returns: Parts that together are all rows of the file, none of them empty.
    package func parts(_ plan: SplitPlan, scan: (Int) async throws -> RangeScan?) async throws -> [FilePart] {
        var parts: [FilePart] = []
        var start = plan.firstRow
        for (index, range) in plan.ranges.enumerated() {
            // A record that began before the range reaches over all of it.
            guard start.byteOffset < range.upperBound else { continue }
            let found = try await scan(index)?.candidates.first { $0.start.byteOffset == start.byteOffset }
            let end: RecordStart
            if let found {
                end = RecordStart(
                    byteOffset: found.next.byteOffset, line: start.line + found.next.line - found.start.line)
            } else {
                end = try await next(after: start, target: range.upperBound)
            }
            parts.append(FilePart(index: index, start: start, end: end.byteOffset))
            start = end
        }
        return parts
    }

    private func run(_ finder: RecordStartFinder, from offset: Int) async throws -> RecordStart {
        var finder = finder
        var offset = offset
        // The first request is small: mostly the next record is near.
        var size = 64 << 10
        while true {
            if let found = finder.found { return found }
            guard offset < byteCount else {
                try finder.finish(at: byteCount)
                continue
            }
            let block = try await objects.get(
                source.key, in: source.bucket, range: offset..<min(offset + size, byteCount), ifMatch: source.eTag)
            guard !block.isEmpty else {
                throw PipelineError(.storeFailed, "\(source.bucket)/\(source.key) gave no bytes at \(offset)")
            }
            try finder.append(block)
            offset += block.count
            size = min(size * 4, ObjectRangeBlocks.requestByteCount)
        }
    }
}

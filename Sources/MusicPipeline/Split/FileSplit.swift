package import CSV
import Compression
package import JSON
package import MusicKPIs
package import Storage

/// The steps around the parts of a huge file: how it is cut, and how its parts become what one pass would have given.
///
/// Nothing that a part writes counts before ``merge(_:date:)`` and ``finish(_:)``: a day's partial aggregate is one object
/// for each file version, cut or not, and so no merge of KPIs ever sees half a file. Every step may be repeated.
package struct FileSplit: Sendable {
    package struct Settings: Sendable, Hashable {
        /// Bytes of a range, when the caller asks for none.
        package var rangeByteCount = 256 << 20
        package var thresholds = StreamValidation.Thresholds()

        package init() {}
    }

    /// Bytes of a plan, a scan or a part's summary at most.
    static let maximumNoteByteCount = 16 << 20

    let objects: any ObjectStore
    let names: PipelineNames
    let settings: Settings

    package init(objects: any ObjectStore, names: PipelineNames, settings: Settings = Settings()) {
        self.objects = objects
        self.names = names
        self.settings = settings
    }

    // MARK: Notes

    func note(_ key: String) async throws -> JSONValue? {
        do {
            let object = try await objects.get(
                key, in: names.trialBucket, maximumByteCount: FileSplit.maximumNoteByteCount)
            return try JSONValue(parsing: object.bytes)
        } catch let error as ObjectStoreError where error.code == .notFound {
            return nil
        }
    }

    private func plan(of source: StreamSource) async throws -> SplitPlan {
        let key = PipelineNames.splitPlanKey(source)
        guard let json = try await note(key), let plan = SplitPlan(json) else {
            throw PipelineError(.malformedEvent, "\(names.trialBucket)/\(key) is no plan: begin with the step PLAN")
        }
        return plan
    }

    private func parts(of source: StreamSource) async throws -> [FilePart] {
        let key = PipelineNames.splitPartsKey(source)
        guard let list = try await note(key)?.arrayValue else {
            throw PipelineError(.malformedEvent, "\(names.trialBucket)/\(key) is no list: the step ALIGN comes first")
        }
        return try list.map { try FilePart($0) }
    }

    private func place(_ key: String) -> JSONValue { ["bucket": .string(names.trialBucket), "key": .string(key)] }

    // MARK: Steps

    /// What becomes of a file: cut, whole (it was processed before it was to be cut) or failed as no CSV.
    ///
    /// - Parameter rangeByteCount: Bytes of a range, of a plan that is not written down yet.
    /// - Returns: `{status, ranges, range_count, ...}`.
    /// - Throws: ``PipelineError`` `.notSplittable` for a compressed file, before anything has been done.
    package func plan(_ source: StreamSource, byteCount: Int, rangeByteCount: Int?) async throws -> JSONValue {
        var answer: JSONObject = [
            "etag": .string(source.eTag), "byte_count": .int(byteCount), "bucket": .string(source.bucket),
            "key": .string(source.key),
        ]
        let key = PipelineNames.splitPlanKey(source)
        var plan = try await note(key).flatMap { SplitPlan($0) }
        if plan == nil, try await objects.headIfPresent(PipelineNames.summaryKey(source), in: names.trialBucket) != nil
        {
            answer["status"] = "WHOLE"
            return .object(answer)
        }
        if plan == nil {
            do {
                let new = SplitPlan(
                    byteCount: byteCount, rangeByteCount: rangeByteCount ?? settings.rangeByteCount,
                    firstRow: try await firstRow(source, byteCount))
                do {
                    try await objects.put(new.json.bytes(), as: key, in: names.trialBucket, condition: .ifAbsent)
                    plan = new
                } catch let error as ObjectStoreError where error.code == .preconditionFailed {
                    plan = try await self.plan(of: source)
                }
            } catch let error as CSVError {
                try await report(source, fault: "\(error)", rows: 0, bad: 0, badRows: [])
                answer["status"] = "FAILED"
                answer["reason"] = .string("\(error)")
                return .object(answer)
            }
        }
        let ranges = plan?.ranges ?? []
        let items = ranges.enumerated().map { index, range -> JSONValue in
            ["index": .int(index), "first": .int(range.lowerBound), "end": .int(range.upperBound)]
        }
        let rangesKey = PipelineNames.splitRangesKey(source)
        try await objects.put(JSONValue.array(items).bytes(), as: rangesKey, in: names.trialBucket)
        answer["status"] = "SPLIT"
        answer["range_count"] = .int(ranges.count)
        answer["ranges"] = place(rangesKey)
        return .object(answer)
    }

    /// Reads the header as the parts will; what it can't be is known before anything begins.
    private func firstRow(_ source: StreamSource, _ byteCount: Int) async throws -> RecordStart {
        let head = try await head(of: source, min(byteCount, CompressionFormat.signatureByteCount))
        if let format = CompressionFormat(head[...]) {
            throw PipelineError(
                .notSplittable,
                "\(source.bucket)/\(source.key) is compressed (\(format)), and can't be read from its middle: "
                    + "put it in uncompressed, or as several files")
        }
        let first = try await RecordScanning(source, byteCount: byteCount, in: objects).firstRow()
        _ = try await header(of: source, upTo: first)
        return first
    }

    /// - Throws: `CSVError` when the columns are not there.
    package func header(of source: StreamSource, upTo first: RecordStart) async throws -> RecordLayout {
        let head = try await head(of: source, first.byteOffset)
        return try RecordLayout(head: head, columns: StreamFile.columns)
    }

    private func head(of source: StreamSource, _ byteCount: Int) async throws -> [UInt8] {
        guard byteCount > 0 else { return [] }
        return try await objects.get(source.key, in: source.bucket, range: 0..<byteCount, ifMatch: source.eTag)
    }

    /// The layout of a file that is cut.
    package func layout(of source: StreamSource) async throws -> RecordLayout {
        try await header(of: source, upTo: try await plan(of: source).firstRow)
    }

    /// Scans one range.
    package func scan(_ source: StreamSource, index: Int) async throws -> JSONValue {
        let plan = try await plan(of: source)
        guard plan.ranges.indices.contains(index) else {
            throw PipelineError(.malformedEvent, "\(index) is no range: the plan has \(plan.ranges.count)")
        }
        let scan = try await RecordScanning(source, byteCount: plan.byteCount, in: objects).scan(plan.ranges[index])
        try await objects.put(
            scan.json.bytes(), as: PipelineNames.splitScanKey(source, index), in: names.trialBucket)
        return ["index": .int(index), "candidates": .int(scan.candidates.count)]
    }

    /// Puts the scans together: from here on each part is whole records.
    package func align(_ source: StreamSource) async throws -> JSONValue {
        let plan = try await plan(of: source)
        let parts = try await RecordScanning(source, byteCount: plan.byteCount, in: objects).parts(plan) { index in
            try await note(PipelineNames.splitScanKey(source, index)).flatMap { RangeScan($0) }
        }
        let key = PipelineNames.splitPartsKey(source)
        try await objects.put(JSONValue.array(parts.map(\.json)).bytes(), as: key, in: names.trialBucket)
        return ["part_count": .int(parts.count), "parts": place(key)]
    }

    /// Adds up what the parts came to, decides what becomes of the file, and writes its report.
    ///
    /// - Throws: ``PipelineError`` `.objectMissing` when a part has not been processed.
    package func collect(_ source: StreamSource) async throws -> JSONValue {
        var counts = EnrichmentCounts()
        var badRows: [JSONValue] = []
        var dates: Set<String> = []
        var rejects: [String] = []
        let parts = try await parts(of: source)
        for part in parts {
            let summary = try await summary(of: part, source)
            counts.add(EnrichmentCounts(summary))
            let room = settings.thresholds.reportedRowLimit - badRows.count
            badRows += summary["bad_rows"]?.arrayValue?.prefix(max(0, room)) ?? []
            dates.formUnion(summary["dates"]?.arrayValue?.compactMap(\.stringValue) ?? [])
            if let key = summary["rejects"]?.stringValue { rejects.append(key) }
        }
        let status = try await report(source, fault: nil, rows: counts.rows, bad: counts.bad, badRows: badRows)
        if status.status == .passedWithRejects { try await setRejectsAside(rejects, source) }
        let datesKey = PipelineNames.splitDatesKey(source)
        try await objects.put(
            JSONValue.array(dates.sorted().map { .string($0) }).bytes(), as: datesKey, in: names.trialBucket)
        return [
            "status": .string(status.status.rawValue), "reason": status.reason.map { .string($0) } ?? .null,
            "bucket": .string(source.bucket), "key": .string(source.key), "etag": .string(source.eTag),
            "row_count": .int(counts.rows), "good_row_count": .int(counts.rows - counts.bad),
            "bad_row_count": .int(counts.bad), "report": place(PipelineNames.reportKey(source)),
            "dates": place(datesKey), "date_count": .int(dates.count), "part_count": .int(parts.count),
        ]
    }

    private func summary(of part: FilePart, _ source: StreamSource) async throws -> JSONValue {
        let key = PipelineNames.partSummaryKey(source, part.index)
        guard let summary = try await note(key) else {
            throw PipelineError(
                .objectMissing,
                "\(names.trialBucket)/\(key) is not there: part \(part.index) of \(source.key) was not processed")
        }
        return summary
    }

    @discardableResult
    private func report(
        _ source: StreamSource, fault: String?, rows: Int, bad: Int, badRows: [JSONValue]
    ) async throws -> (status: StreamValidation.Status, reason: String?) {
        let reason =
            fault ?? StreamValidation.reason(rowCount: rows, badRowCount: bad, settings.thresholds)
        let status: StreamValidation.Status =
            reason != nil ? .failed : bad == 0 ? .passed : .passedWithRejects
        let report: JSONValue = [
            "status": .string(status.rawValue), "reason": reason.map { .string($0) } ?? .null,
            "bucket": .string(source.bucket), "key": .string(source.key), "etag": .string(source.eTag),
            "row_count": .int(rows), "good_row_count": .int(rows - bad), "bad_row_count": .int(bad),
            "bad_rows": .array(badRows),
        ]
        try await objects.put(report.bytes(.pretty), as: PipelineNames.reportKey(source), in: names.trialBucket)
        return (status, reason)
    }

    /// Puts the bad rows of all parts under the file's header.
    private func setRejectsAside(_ keys: [String], _ source: StreamSource) async throws {
        let plan = try await plan(of: source)
        let head = try await head(of: source, plan.firstRow.byteOffset)
        let writer = try await objects.openWriter(PipelineNames.rejectsKey(source), in: names.trialBucket)
        do {
            try await writer.write(Array(head[..<(head.firstIndex(of: 0x0A).map { $0 + 1 } ?? head.count)]))
            for key in keys {
                let reader = try await objects.openReader(key, in: names.trialBucket)
                while true {
                    let block = try await reader.read(upTo: ObjectBlocks.blockByteCount)
                    if block.isEmpty { break }
                    try await writer.write(block)
                }
                await reader.close()
            }
            _ = try await writer.finish(condition: .none)
        } catch {
            await writer.abort()
            throw error
        }
    }

    /// Makes one partial aggregate of those that the parts have of a day, which counts from then on.
    package func merge(_ source: StreamSource, date: String) async throws -> JSONValue {
        var merge = DayMerge(date: date)
        var parquet: Set<String> = []
        for part in try await parts(of: source) {
            let summary = try await summary(of: part, source)
            for file in summary["parquet"]?.arrayValue ?? [] {
                if let key = file["key"]?.stringValue { parquet.insert(key) }
            }
            guard summary["dates"]?.arrayValue?.contains(.string(date)) == true else { continue }
            let key = PipelineNames.partPartialKey(source, part.index, date: date)
            let bytes = try await objects.get(
                key, in: names.trialBucket, maximumByteCount: KPIWriting.maximumPartialByteCount
            ).bytes
            do {
                try merge.add(bytes)
            } catch {
                throw PipelineError(.storeFailed, "\(names.trialBucket)/\(key): \(error)")
            }
        }
        let bytes: [UInt8]
        do {
            bytes = try merge.merged(as: source)
        } catch {
            throw PipelineError(.storeFailed, "the partials of \(source.key) of \(date): \(error)")
        }
        try await removeParquet(source, date: date, but: parquet)
        let key = PipelineNames.partialKey(source, date: date)
        do {
            try await objects.put(bytes, as: key, in: names.trialBucket, condition: .ifAbsent)
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {
            // Once merged, its content must not change: it is there from an earlier try.
        }
        return ["date": .string(date), "partials": .int(merge.partialCount)]
    }

    /// What a pass over the whole file left that was given up before the file was cut: its rows would be there twice.
    private func removeParquet(_ source: StreamSource, date: String, but known: Set<String>) async throws {
        let prefix = PipelineNames.parquetPrefix(source, date: date)
        var after: String?
        repeat {
            let page = try await objects.list(
                names.trialBucket, prefix: prefix, after: after, limit: ObjectPage.maximumCount)
            for object in page.objects where !known.contains(object.key) {
                try await objects.delete(object.key, in: names.trialBucket)
            }
            after = page.next
        } while after != nil
    }

    /// Writes the file's summary, which says that all of its outputs are there.
    package func finish(_ source: StreamSource) async throws -> JSONValue {
        var counts = EnrichmentCounts()
        var dates: Set<String> = []
        let parts = try await parts(of: source)
        for part in parts {
            let summary = try await summary(of: part, source)
            counts.add(EnrichmentCounts(summary))
            dates.formUnion(summary["dates"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        }
        for date in dates {
            let key = PipelineNames.partialKey(source, date: date)
            guard try await objects.headIfPresent(key, in: names.trialBucket) != nil else {
                throw PipelineError(.objectMissing, "\(names.trialBucket)/\(key) is not there: \(date) was not merged")
            }
        }
        let summary: JSONValue = .object(
            JSONObject(
                counts.members + [
                    ("dates", .array(dates.sorted().map { .string($0) })), ("part_count", .int(parts.count)),
                    ("parts", .string(PipelineNames.splitPartsKey(source))),
                ]))
        try await objects.put(summary.bytes(), as: PipelineNames.summaryKey(source), in: names.trialBucket)
        return .object(JSONObject(counts.members + [("part_count", .int(parts.count))]))
    }
}

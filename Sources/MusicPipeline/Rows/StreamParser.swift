package import CSV

/// Takes pieces of a stream file apart and joins their rows with the references. Pieces need nothing of each other.
package struct StreamParser: Sendable {
    private let layout: RecordLayout
    private let tracks: TrackTable
    private let users: UserTable

    /// Kinds of the columns in ``StreamFile/columns``.
    static let kinds: [RecordLayout.Kind] = [.integer, .text, .timestamp]

    package init(layout: RecordLayout, tracks: TrackTable, users: UserTable) {
        self.layout = layout
        self.tracks = tracks
        self.users = users
    }

    /// - Complexity: Some 50 ns a row.
    package func parse(_ piece: CSVPiece) -> ParsedPiece {
        var result = ParsedPiece()
        var days = DaySorter(capacity: 0)
        switch piece {
        case .lines(let lines):
            let typed = TypedRows(lines, layout: layout, kinds: StreamParser.kinds)
            days = DaySorter(capacity: typed.rowCount + typed.rowCount / 4)
            join(typed, lines, &result, &days)
            for batch in CheckedRows.batches(of: typed.rejected, in: lines, layout) { join(batch, &result, &days) }
        case .batch(let batch): join(batch, &result, &days)
        }
        result.days = days.takeDays()
        return result
    }

    private func join(_ typed: TypedRows, _ lines: PlainLines, _ result: inout ParsedPiece, _ days: inout DaySorter) {
        let count = typed.rowCount
        result.counts.rows += count
        let numbers = unsafe [UInt32](unsafeUninitializedCapacity: count) { numbers, initializedCount in
            unsafe lines.bytes.withUnsafeBufferPointer { bytes in
                unsafe typed.withColumn(1) { unsafe tracks.tracks.find($0, in: bytes, numbers) }
            }
            initializedCount = count
        }
        unsafe typed.withColumn(0) { ids in
            unsafe typed.withColumn(2) { times in
                unsafe numbers.withUnsafeBufferPointer { numbers in
                    for row in 0..<count {
                        unsafe add(
                            track: numbers[row], user: ids[row], time: times[row], &result, &days)
                    }
                }
            }
        }
    }

    private func join(_ batch: CSVBatch, _ result: inout ParsedPiece, _ days: inout DaySorter) {
        result.counts.rows += batch.rowCount + batch.defects.count
        result.badRows += CheckedRows.badRows(of: batch)
        for row in 0..<batch.rowCount {
            guard case .success(let checked) = StreamRow.check(batch, row) else { continue }
            let track = unsafe batch.columns[1].withField(row) { unsafe tracks.tracks.number(of: $0) } ?? .max
            add(track: track, user: checked.user, time: checked.time, &result, &days)
        }
        result.counts.bad = result.badRows.count
    }

    @inline(__always)
    private func add(
        track: UInt32, user id: Int64, time: Int64, _ result: inout ParsedPiece, _ days: inout DaySorter
    ) {
        guard track != .max else {
            result.counts.unknownTrack += 1
            return
        }
        var user = users.number(of: id)
        if user == .max {
            result.counts.unknownUser += 1
            user = ParsedPiece.unknownUserFlag | UInt32(result.unknownUsers.count)
            result.unknownUsers.append(id)
        }
        let day = DayRows.day(of: time)
        let pairs = tracks.pairStarts[Int(track)]..<tracks.pairStarts[Int(track) + 1]
        result.counts.enriched += pairs.count
        for place in pairs {
            days.add(EnrichedRow(pair: tracks.pairs[Int(place)], user: user, time: time), day: day)
        }
    }
}

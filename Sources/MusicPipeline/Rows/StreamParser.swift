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
        switch piece {
        case .lines(let lines):
            let typed = TypedRows(lines, layout: layout, kinds: StreamParser.kinds)
            var days = DaySorter(capacity: typed.rowCount + typed.rowCount / 4)
            join(typed, lines, &result, &days)
            for batch in CheckedRows.batches(of: typed.rejected, in: lines, layout) { join(batch, &result, &days) }
            result.days = days.takeDays()
        case .batch(let batch):
            var days = DaySorter(capacity: batch.rowCount)
            join(batch, &result, &days)
            result.days = days.takeDays()
        }
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
        // Taken out of the tables once: each look into them costs a reference count.
        let (starts, pairs) = (tracks.pairStarts, tracks.pairs)
        unsafe typed.withColumn(0) { ids in
            unsafe typed.withColumn(2) { times in
                unsafe starts.withUnsafeBufferPointer { starts in
                    unsafe pairs.withUnsafeBufferPointer { pairs in
                        for row in 0..<count {
                            let track = numbers[row]
                            guard track != .max else {
                                result.counts.unknownTrack += 1
                                continue
                            }
                            let time = unsafe times[row]
                            let user = unsafe self.user(ids[row], &result)
                            let day = DayRows.day(of: time)
                            let (start, end) = unsafe (starts[Int(track)], starts[Int(track) + 1])
                            result.counts.enriched += Int(end - start)
                            for place in start..<end {
                                days.add(EnrichedRow(pair: unsafe pairs[Int(place)], user: user, time: time), day: day)
                            }
                        }
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
            guard let track = unsafe batch.columns[1].withField(row, { unsafe tracks.tracks.number(of: $0) }) else {
                result.counts.unknownTrack += 1
                continue
            }
            let user = user(checked.user, &result)
            let places = tracks.pairStarts[Int(track)]..<tracks.pairStarts[Int(track) + 1]
            result.counts.enriched += places.count
            for place in places {
                days.add(
                    EnrichedRow(pair: tracks.pairs[Int(place)], user: user, time: checked.time),
                    day: DayRows.day(of: checked.time))
            }
        }
        result.counts.bad = result.badRows.count
    }

    @inline(__always)
    private func user(_ id: Int64, _ result: inout ParsedPiece) -> UInt32 {
        let number = users.number(of: id)
        if number != .max { return number }
        result.counts.unknownUser += 1
        result.unknownUsers.append(id)
        return ParsedPiece.unknownUserFlag | UInt32(result.unknownUsers.count - 1)
    }
}

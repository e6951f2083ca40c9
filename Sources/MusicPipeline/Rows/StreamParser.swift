package import CSV

/// Takes pieces of a stream file apart and joins their rows with the references. Pieces need nothing of each other.
package struct StreamParser: Sendable {
    private let layout: RecordLayout
    private let tracks: TrackTable
    private let users: UserTable
    private let packing: RowPacking

    /// Kinds of the columns in ``StreamFile/columns``.
    static let kinds: [RecordLayout.Kind] = [.integer, .text, .timestamp]

    init(layout: RecordLayout, tracks: TrackTable, users: UserTable, packing: RowPacking) {
        self.layout = layout
        self.tracks = tracks
        self.users = users
        self.packing = packing
    }

    /// - Complexity: Some 30 ns a row.
    package func parse(_ piece: CSVPiece) -> ParsedPiece {
        var result = ParsedPiece()
        var days = DaySorter(packing)
        switch piece {
        case .lines(let lines):
            var rows = TypedRows(lines, layout: layout, kinds: StreamParser.kinds)
            unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: TypedRows.rowLimit) { numbers in
                unsafe withUnsafeTemporaryAllocation(of: Listen.self, capacity: TypedRows.rowLimit) { listens in
                    while rows.next() {
                        unsafe lines.bytes.withUnsafeBufferPointer { bytes in
                            unsafe rows.withColumn(1) { unsafe tracks.tracks.find($0, in: bytes, numbers) }
                        }
                        unsafe look(up: rows, UnsafeBufferPointer(numbers), listens)
                        unsafe add(rows, UnsafeBufferPointer(listens), &result, &days)
                    }
                }
            }
            for batch in CheckedRows.batches(of: rows.rejected, in: lines, layout) { join(batch, &result, &days) }
        case .batch(let batch): join(batch, &result, &days)
        }
        result.days = days.takeDays()
        return result
    }

    /// What the references say of a row.
    private struct Listen {
        /// Where the track's pairs begin, their number, and the first of them; no pairs for an unknown track.
        var start: UInt32
        var pairCount: UInt32
        var firstPair: UInt32
        /// The user, or `UInt32.max`.
        var user: UInt32
    }

    /// Asks the tables about all rows, in loops so short that many rows wait for memory at the same time.
    ///
    /// - Parameter numbers: Of each row's track.
    private func look(
        up rows: borrowing TypedRows, _ numbers: UnsafeBufferPointer<UInt32>,
        _ listens: UnsafeMutableBufferPointer<Listen>
    ) {
        let count = rows.rowCount
        let isAnyKnown = tracks.tracks.count > 0
        // Taken out of the tables once: each look into them costs a reference count.
        let (starts, pairs, users) = (tracks.pairStarts, tracks.pairs, users)
        unsafe starts.withUnsafeBufferPointer { starts in
            unsafe pairs.withUnsafeBufferPointer { pairs in
                for row in 0..<count {
                    let track = unsafe numbers[row]
                    guard track != .max, isAnyKnown else {
                        unsafe listens[row] = Listen(start: 0, pairCount: 0, firstPair: 0, user: 0)
                        continue
                    }
                    // SAFETY: the table has a start for each track, an end for the last, and a pair for each.
                    let (start, end) = unsafe (starts[Int(track)], starts[Int(track) &+ 1])
                    unsafe listens[row] = Listen(
                        start: start, pairCount: end &- start, firstPair: pairs[Int(start)], user: 0)
                }
            }
        }
        unsafe rows.withColumn(0) { ids in
            for row in 0..<count { unsafe listens[row].user = users.number(of: ids[row]) }
        }
    }

    /// Adds each row in each genre of its track.
    private func add(
        _ rows: borrowing TypedRows, _ listens: UnsafeBufferPointer<Listen>, _ result: inout ParsedPiece,
        _ days: inout DaySorter
    ) {
        let count = rows.rowCount
        let pairs = tracks.pairs
        let packing = packing
        result.counts.rows += count
        var (unknownTrack, enriched) = (0, 0)
        unsafe rows.withColumn(0) { ids in
            unsafe rows.withColumn(2) { times in
                for row in 0..<count {
                    let listen = unsafe listens[row]
                    guard listen.pairCount > 0 else {
                        unknownTrack &+= 1
                        continue
                    }
                    enriched &+= Int(listen.pairCount)
                    let time = unsafe times[row]
                    let day = DayRows.day(of: time)
                    let index = days.index(of: day)
                    guard listen.user != .max,
                        let packed = packing.packed(
                            user: listen.user, microsecondOfDay: time &- Int64(day) &* DayRows.microsecondsPerDay)
                    else {
                        let places = Int(listen.start)..<Int(listen.start + listen.pairCount)
                        unsafe addOther(pairs[places], listen.user, ids[row], time, index, &result, &days)
                        continue
                    }
                    days.add(packing.adding(pair: listen.firstPair, to: packed), dayIndex: index)
                    var place = 1
                    while place < Int(listen.pairCount) {
                        days.add(packing.adding(pair: pairs[Int(listen.start) &+ place], to: packed), dayIndex: index)
                        place &+= 1
                    }
                }
            }
        }
        result.counts.unknownTrack += unknownTrack
        result.counts.enriched += enriched
    }

    /// Adds a listen of any user and time.
    @inline(never)
    private func addOther(
        _ pairs: ArraySlice<UInt32>, _ number: UInt32, _ id: Int64, _ time: Int64, _ index: Int,
        _ result: inout ParsedPiece, _ days: inout DaySorter
    ) {
        let microsecond = time - Int64(DayRows.day(of: time)) * DayRows.microsecondsPerDay
        let user = number == .max ? 0 : number
        let row = packing.packed(user: user, microsecondOfDay: microsecond)
        if number == .max {
            result.counts.unknownUser += 1
            let place = days.nextPlace(dayIndex: index, isWide: row == nil)
            result.unknownUsers.append(
                ParsedPiece.UnknownUser(
                    day: index, rows: place.row..<(place.row + pairs.count), isWide: place.isWide, id: id))
        }
        for pair in pairs {
            if let row {
                days.add(packing.adding(pair: pair, to: row), dayIndex: index)
            } else {
                days.add(wide: EnrichedRow(pair: pair, user: user, time: time), dayIndex: index)
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
            let places = Int(tracks.pairStarts[Int(track)])..<Int(tracks.pairStarts[Int(track) + 1])
            result.counts.enriched += places.count
            addOther(
                tracks.pairs[places], users.number(of: checked.user), checked.user, checked.time,
                days.index(of: DayRows.day(of: checked.time)), &result, &days)
        }
        result.counts.bad = result.badRows.count
    }
}

package import CSV
import Parquet

extension TrackTable {
    /// Collects the rows of songs files.
    package struct Builder {
        private let tracks = TextNumbering()
        private let genres = TextNumbering()
        private let names = TextPile()
        private let artists = TextPile()
        /// Genre and track of each row, in the order of coming.
        private var rows: [UInt64] = []

        package init() {}

        package mutating func add(_ batch: CSVBatch) {
            for row in 0..<batch.rowCount {
                let genre = unsafe batch.columns[1].withField(row) {
                    unsafe genres.insert($0, KeyTable.hash($0)).number
                }
                let (track, isNew) = unsafe batch.columns[0].withField(row) { id in
                    unsafe tracks.insert(id, KeyTable.hash(id))
                }
                if isNew {
                    unsafe batch.columns[2].withField(row) { unsafe names.append($0) }
                    unsafe batch.columns[3].withField(row) { unsafe artists.append($0) }
                }
                rows.append(UInt64(genre) << 32 | UInt64(track))
            }
        }

        mutating func add(_ piece: TrackRows) {
            let genreNumbers = (0..<piece.genres.count).map { number in
                let (text, hash) = unsafe piece.genres.text(number)
                return unsafe genres.insert(text, hash).number
            }
            piece.rows.forEach { range in
                piece.rows.withFields { fields in
                    var numbers: [UInt32] = []
                    var newRows: [Int] = []
                    tracks.insert(
                        fields, rows: range, column: 0, piece.hashes, numbers: &numbers, newRows: &newRows)
                    names.append(fields, rows: newRows, column: 2)
                    artists.append(fields, rows: newRows, column: 3)
                    for (row, track) in zip(range, numbers) {
                        rows.append(UInt64(genreNumbers[Int(piece.genreNumbers[row])]) << 32 | UInt64(track))
                    }
                }
            } read: {
                add($0)
            }
        }

        /// The table of all rows that were added; parts of it are made at the same time.
        package func table() async -> TrackTable {
            let order = tracks.sortedOrder()
            async let sortedTracks = tracks.table(order)
            async let orderedNames = names.reordered(order)
            async let orderedArtists = artists.reordered(order)
            let genreOrder = genres.sortedOrder()
            let pairs = distinctPairs(
                TextNumbering.inverse(order), genreNumbers: TextNumbering.inverse(genreOrder))
            return await TrackTable(
                tracks: sortedTracks, names: orderedNames, artists: orderedArtists,
                genres: genres.table(genreOrder).keys,
                pairs: pairs)
        }

        /// Genre and track of each pair, ascending.
        private func distinctPairs(_ trackNumbers: [UInt32], genreNumbers: [UInt32]) -> [UInt64] {
            var pairs = rows.map { row in
                UInt64(genreNumbers[Int(row >> 32)]) << 32 | UInt64(trackNumbers[Int(row & 0xFFFF_FFFF)])
            }
            pairs = CountingSort.sort(pairs, below: trackNumbers.count) { Int($0 & 0xFFFF_FFFF) }
            pairs = CountingSort.sort(pairs, below: genreNumbers.count) { Int($0 >> 32) }
            var distinct: [UInt64] = []
            distinct.reserveCapacity(pairs.count)
            for pair in pairs where distinct.last != pair { distinct.append(pair) }
            return distinct
        }
    }
}

/// What can be said of a piece of a songs file by itself.
struct TrackRows: Sendable {
    let rows: FieldRows
    /// Of placed rows' track ids.
    let hashes: [UInt64]
    let genres = TextNumbering()
    /// Of placed rows, in `genres`.
    let genreNumbers: [UInt32]

    init(_ rows: FieldRows) {
        self.rows = rows
        let genres = genres
        (hashes, genreNumbers) = rows.withFields { fields in
            (
                (0..<rows.rowCount).map { unsafe KeyTable.hash(fields[$0, 0]) },
                (0..<rows.rowCount).map { row in
                    let genre = unsafe fields[row, 1]
                    return unsafe genres.insert(genre, KeyTable.hash(genre)).number
                }
            )
        }
    }
}

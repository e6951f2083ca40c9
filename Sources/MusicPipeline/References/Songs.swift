import CSV
package import MusicKPIs
package import Parquet

/// The songs reference: what is known of each track.
///
/// A track has the name and artists of its first row, and each distinct genre that any of its rows has.
package struct Songs: Sendable {
    static let columns = ["track_id", "track_genre", "track_name", "artists"]

    private var numbers: [ByteText: Int32] = [:]
    private var genreNumbers: [ByteText: Int32] = [:]
    /// By track number.
    package private(set) var ids = UTF8Values()
    package private(set) var names = UTF8Values()
    package private(set) var artists = UTF8Values()
    package private(set) var genresOfTrack: [[Int32]] = []
    /// By genre number.
    package private(set) var genres = UTF8Values()

    init() {}

    mutating func add(_ batch: CSVBatch) {
        for row in 0..<batch.rowCount {
            let genreName = ByteText(batch.columns[1][row])
            let genre = genreNumbers[genreName] ?? Int32(genres.count)
            if Int(genre) == genres.count {
                genreNumbers[genreName] = genre
                genres.append(genreName.bytes)
            }
            let id = ByteText(batch.columns[0][row])
            if let track = numbers[id] {
                if !genresOfTrack[Int(track)].contains(genre) { genresOfTrack[Int(track)].append(genre) }
            } else {
                numbers[id] = Int32(ids.count)
                ids.append(id.bytes)
                names.append(batch.columns[2][row])
                artists.append(batch.columns[3][row])
                genresOfTrack.append([genre])
            }
        }
    }

    package func number(of id: ByteText) -> Int32? { numbers[id] }

    package func label(of id: ByteText) -> (name: String, artists: String)? {
        numbers[id].map { number in
            (
                String(decoding: names[Int(number)], as: UTF8.self),
                String(decoding: artists[Int(number)], as: UTF8.self)
            )
        }
    }
}

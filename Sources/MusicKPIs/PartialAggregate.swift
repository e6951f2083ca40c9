/// What one file says of one day: all that the day's KPIs need of it, without its rows.
///
/// Its size is bounded by the users and tracks of the day, whatever the number of rows.
package struct PartialAggregate: Sendable, Hashable {
    /// One genre's part.
    package struct Genre: Sendable, Hashable {
        package var listens: Int
        /// Ascending, each user once.
        package var listeners: [Int64]
        /// Listens of each track of this genre.
        package var tracks: [ByteText: Int]

        package init(listens: Int = 0, listeners: [Int64] = [], tracks: [ByteText: Int] = [:]) {
            self.listens = listens
            self.listeners = listeners
            self.tracks = tracks
        }
    }

    package let source: StreamSource
    /// `YYYY-MM-DD`.
    package let date: String
    package let genres: [ByteText: Genre]

    package init(source: StreamSource, date: String, genres: [ByteText: Genre]) {
        self.source = source
        self.date = date
        self.genres = genres
    }
}

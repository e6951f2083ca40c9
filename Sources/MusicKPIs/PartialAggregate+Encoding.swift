import Digest

/// The file format of a partial aggregate, version 1.
///
/// `TTPA`, the version, then unsigned varints (LEB128) and texts (a varint of the byte count, the UTF-8 bytes):
/// bucket, key, ETag, date; the number of genres, and for each, ascending by name: name, listens, number of listeners,
/// the listeners' differences (the first as zigzag, each next to the one before), number of tracks, and for each,
/// ascending: id, listens. At the end the SHA-256 of all before it, which is the partial's digest.
///
/// The same aggregate always gives the same bytes.
extension PartialAggregate {
    static let magic = Array("TTPA".utf8) + [1]
    static let digestByteCount = 32

    package func encoded() -> [UInt8] {
        var encoder = PartialEncoder(source: source, date: date, genreCount: genres.count)
        for (name, genre) in genres.sorted(by: { $0.key < $1.key }) {
            encoder.beginGenre(name.bytes[...], listenCount: genre.listens)
            encoder.append(listeners: genre.listeners)
            encoder.beginTracks(count: genre.tracks.count)
            for (track, count) in genre.tracks.sorted(by: { $0.key < $1.key }) {
                encoder.append(track: track.bytes[...], listenCount: count)
            }
        }
        return encoder.finish()
    }

    /// Reads what ``encoded()`` gave.
    ///
    /// - Throws: ``PartialError`` for bytes that are cut, changed or something else.
    package init(decoding bytes: [UInt8]) throws(PartialError) {
        var cursor = try PartialCursor(bytes)
        var genres: [ByteText: Genre] = [:]
        while try cursor.nextGenre() {
            var genre = Genre(listens: cursor.listenCount, listeners: try cursor.listeners())
            while try cursor.nextTrack() { genre.tracks[ByteText(cursor.track)] = cursor.trackListenCount }
            genres[ByteText(cursor.genre)] = genre
        }
        self.init(source: cursor.source, date: cursor.date, genres: genres)
    }

    /// The digest at the end of an encoded partial, in hexadecimal.
    package static func digest(of encoded: [UInt8]) -> String { hex(encoded.suffix(digestByteCount)) }
}

/// Why bytes are no partial aggregate.
package struct PartialError: Error, Hashable, Sendable, CustomStringConvertible {
    package let detail: String

    init(_ detail: String) { self.detail = detail }

    package var description: String {
        "not a partial aggregate: \(detail); remove it and process the file it was made from again"
    }
}

import Digest

/// The file format of a partial aggregate, version 2.
///
/// `TTPA`, the version, then unsigned varints (LEB128) and texts (a varint of the byte count, the UTF-8 bytes):
/// bucket, key, ETag, date; the number of genres, and for each, ascending by name: name, listens, listeners, number of
/// tracks, and for each, ascending: id, listens. Listeners are either a 0, their number and their differences (the first
/// as zigzag, each next to the one before), or a 1, the id of the first bit as zigzag, a number of words, and the words. At the end the SHA-256 of all before it, which is the partial's digest.
///
/// The same aggregate always gives the same bytes.
extension PartialAggregate {
    static let magic = Array("TTPA".utf8) + [2]
    static let digestByteCount = 32
    static let listForm: UInt8 = 0
    static let bitsForm: UInt8 = 1

    package func encoded() -> [UInt8] {
        var encoder = PartialEncoder(source: source, date: date, genreCount: genres.count)
        for (name, genre) in genres.sorted(by: { $0.key < $1.key }) {
            encoder.beginGenre(name.bytes[...], listenCount: genre.listens)
            encoder.append(listeners: UserIDs(genre.listeners))
            encoder.beginTracks(count: genre.tracks.count)
            for (track, count) in genre.tracks.sorted(by: { $0.key < $1.key }) {
                unsafe track.bytes.withUnsafeBufferPointer { unsafe encoder.append(track: $0, listenCount: count) }
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
            var genre = Genre(listens: cursor.listenCount, listeners: try cursor.listeners().ids)
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

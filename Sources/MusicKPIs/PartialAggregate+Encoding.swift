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

    package func encoded() -> [UInt8] {
        var output = PartialAggregate.magic
        for text in [source.bucket, source.key, source.eTag, date] { Varint.write(Array(text.utf8), to: &output) }
        Varint.write(UInt64(genres.count), to: &output)
        for (name, genre) in genres.sorted(by: { $0.key < $1.key }) {
            Varint.write(name.bytes, to: &output)
            Varint.write(UInt64(genre.listens), to: &output)
            Varint.write(UInt64(genre.listeners.count), to: &output)
            var previous: Int64?
            for user in genre.listeners {
                if let previous {
                    Varint.write(UInt64(bitPattern: user &- previous), to: &output)
                } else {
                    Varint.write(UInt64(bitPattern: (user << 1) ^ (user >> 63)), to: &output)
                }
                previous = user
            }
            Varint.write(UInt64(genre.tracks.count), to: &output)
            for (track, count) in genre.tracks.sorted(by: { $0.key < $1.key }) {
                Varint.write(track.bytes, to: &output)
                Varint.write(UInt64(count), to: &output)
            }
        }
        return output + sha256Bytes(output)
    }

    /// Reads what ``encoded()`` gave.
    ///
    /// - Throws: ``PartialError`` for bytes that are cut, changed or something else.
    package init(decoding bytes: [UInt8]) throws(PartialError) {
        guard bytes.starts(with: PartialAggregate.magic) else {
            throw PartialError("it does not begin as a partial of version 1")
        }
        guard bytes.count >= PartialAggregate.magic.count + 32 else { throw PartialError("it is cut off") }
        let body = Array(bytes.dropLast(32))
        guard sha256Bytes(body).elementsEqual(bytes.suffix(32)) else {
            throw PartialError("its digest does not match its content")
        }
        var reader = Varint.Reader(body, from: PartialAggregate.magic.count)
        let source = StreamSource(
            bucket: String(decoding: try reader.text(), as: UTF8.self),
            key: String(decoding: try reader.text(), as: UTF8.self),
            eTag: String(decoding: try reader.text(), as: UTF8.self))
        let date = String(decoding: try reader.text(), as: UTF8.self)
        var genres: [ByteText: Genre] = [:]
        for _ in 0..<(try reader.count()) {
            let name = ByteText(try reader.text())
            var genre = Genre(listens: try reader.count(limit: .max))
            let listeners = try reader.count()
            genre.listeners.reserveCapacity(listeners)
            for index in 0..<listeners {
                let value = try reader.number()
                if let previous = genre.listeners.last, index > 0 {
                    genre.listeners.append(previous &+ Int64(bitPattern: value))
                } else {
                    genre.listeners.append(Int64(bitPattern: value >> 1) ^ -Int64(value & 1))
                }
            }
            for _ in 0..<(try reader.count()) {
                let track = ByteText(try reader.text())
                genre.tracks[track] = try reader.count(limit: .max)
            }
            genres[name] = genre
        }
        guard reader.isAtEnd else { throw PartialError("something follows its end") }
        self.init(source: source, date: date, genres: genres)
    }

    /// The digest at the end of an encoded partial, in hexadecimal.
    package static func digest(of encoded: [UInt8]) -> String { hex(encoded.suffix(32)) }
}

/// Why bytes are no partial aggregate.
package struct PartialError: Error, Hashable, Sendable, CustomStringConvertible {
    package let detail: String

    init(_ detail: String) { self.detail = detail }

    package var description: String {
        "not a partial aggregate: \(detail); remove it and process the file it was made from again"
    }
}

/// The 32 bytes of a SHA-256.
private func sha256Bytes(_ bytes: [UInt8]) -> [UInt8] {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    return hasher.finish()
}

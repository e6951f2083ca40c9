import Digest

/// Writes a partial aggregate genre by genre, in the format that ``PartialAggregate`` documents.
///
/// Genres come ascending by name, listeners ascending, tracks ascending by id.
package struct PartialEncoder {
    private var output = PartialAggregate.magic

    package init(source: StreamSource, date: String, genreCount: Int) {
        for text in [source.bucket, source.key, source.eTag, date] { Varint.write(Array(text.utf8), to: &output) }
        Varint.write(UInt64(genreCount), to: &output)
    }

    package mutating func beginGenre(_ name: ArraySlice<UInt8>, listenCount: Int) {
        Varint.write(name, to: &output)
        Varint.write(UInt64(listenCount), to: &output)
    }

    package mutating func append(listeners: UserIDs) {
        switch listeners {
        case .list(let ids):
            output.append(PartialAggregate.listForm)
            Varint.write(UInt64(ids.count), to: &output)
            var previous: Int64?
            for user in ids {
                if let previous {
                    Varint.write(UInt64(bitPattern: user &- previous), to: &output)
                } else {
                    Varint.write(Varint.zigzag(user), to: &output)
                }
                previous = user
            }
        case .bits(let base, let words):
            output.append(PartialAggregate.bitsForm)
            Varint.write(Varint.zigzag(base), to: &output)
            Varint.write(UInt64(words.count), to: &output)
            output.reserveCapacity(output.count + words.count * 8)
            for word in words {
                unsafe withUnsafeBytes(of: word.littleEndian) { unsafe output.append(contentsOf: $0) }
            }
        }
    }

    package mutating func beginTracks(count: Int) { Varint.write(UInt64(count), to: &output) }

    package mutating func append(track id: UnsafeBufferPointer<UInt8>, listenCount: Int) {
        Varint.write(UInt64(id.count), to: &output)
        unsafe output.append(contentsOf: id)
        Varint.write(UInt64(listenCount), to: &output)
    }

    /// The whole partial, its digest at the end.
    package mutating func finish() -> [UInt8] {
        var hasher = SHA256Hasher()
        hasher.update(output)
        output += hasher.finish()
        return output
    }
}

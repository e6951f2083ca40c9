import Digest

/// Walks through an encoded partial from genre to genre, without taking it apart as a whole.
struct PartialCursor: Sendable {
    let source: StreamSource
    let date: String
    /// The digest at the end, which matches the content.
    let digest: String
    /// Bytes of the whole partial.
    let byteCount: Int
    private var reader: Varint.Reader
    private var genresLeft: Int
    private var tracksLeft = 0

    /// The genre that ``nextGenre()`` came to.
    private(set) var genre = ArraySlice<UInt8>()
    private(set) var listenCount = 0

    /// The track that ``nextTrack()`` came to.
    private(set) var track = ArraySlice<UInt8>()
    private(set) var trackListenCount = 0

    /// - Throws: ``PartialError`` for bytes that are cut, changed or something else.
    init(_ bytes: [UInt8]) throws(PartialError) {
        guard bytes.starts(with: PartialAggregate.magic) else {
            throw PartialError("it does not begin as a partial of version 2")
        }
        guard bytes.count >= PartialAggregate.magic.count + PartialAggregate.digestByteCount else {
            throw PartialError("it is cut off")
        }
        let end = bytes.count - PartialAggregate.digestByteCount
        var hasher = SHA256Hasher()
        hasher.update(bytes[..<end])
        guard hasher.finish().elementsEqual(bytes[end...]) else {
            throw PartialError("its digest does not match its content")
        }
        reader = Varint.Reader(bytes, from: PartialAggregate.magic.count, to: end)
        source = StreamSource(
            bucket: String(decoding: try reader.text(), as: UTF8.self),
            key: String(decoding: try reader.text(), as: UTF8.self),
            eTag: String(decoding: try reader.text(), as: UTF8.self))
        date = String(decoding: try reader.text(), as: UTF8.self)
        digest = PartialAggregate.digest(of: bytes)
        byteCount = bytes.count
        genresLeft = try reader.count()
    }

    /// Goes to the next genre, whose listeners have to be read then, and its tracks.
    ///
    /// - Returns: False at the end.
    mutating func nextGenre() throws(PartialError) -> Bool {
        guard genresLeft > 0 else {
            guard reader.isAtEnd else { throw PartialError("something follows its end") }
            return false
        }
        genresLeft -= 1
        let name = try reader.text()
        guard genre.lexicographicallyPrecedes(name) || genre.isEmpty else {
            throw PartialError("its genres are out of order")
        }
        genre = name
        listenCount = try reader.count(limit: .max)
        return true
    }

    /// The genre's listeners.
    mutating func listeners() throws(PartialError) -> UserIDs {
        let listeners: UserIDs
        switch try reader.byte() {
        case PartialAggregate.listForm: listeners = .list(try listenerList())
        case PartialAggregate.bitsForm:
            let base = Varint.unzigzag(try reader.number())
            let words = try reader.words(try reader.count())
            let (_, overflows) = base.addingReportingOverflow(Int64(words.count) << 6)
            guard base & 63 == 0, !overflows else { throw PartialError("its listeners are out of range") }
            listeners = .bits(base: base, words: words)
        default: throw PartialError("its listeners have an unknown form")
        }
        tracksLeft = try reader.count()
        return listeners
    }

    private mutating func listenerList() throws(PartialError) -> [Int64] {
        let count = try reader.count()
        var listeners: [Int64] = []
        listeners.reserveCapacity(count)
        var user: Int64 = 0
        for index in 0..<count {
            let value = try reader.number()
            if index == 0 {
                user = Varint.unzigzag(value)
            } else {
                // A difference may take all 64 bits.
                let next = user &+ Int64(bitPattern: value)
                guard next > user else { throw PartialError("its listeners are out of order") }
                user = next
            }
            listeners.append(user)
        }
        return listeners
    }

    /// Goes to the genre's next track; false when there is none.
    mutating func nextTrack() throws(PartialError) -> Bool {
        guard tracksLeft > 0 else { return false }
        tracksLeft -= 1
        track = try reader.text()
        trackListenCount = try reader.count(limit: .max)
        return true
    }
}

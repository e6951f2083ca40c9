import Digest
import FileSystem
import Parquet

/// The tables as bytes: what spares the next start the parsing of the references.
///
/// `TTRS`, a version, what the tables were made from (32 bytes), for each array of the tables the number of its bytes and
/// their XXH64, the XXH64 of all so far, and the arrays one after the other, all little-endian. Texts are two arrays, the
/// bytes and 32-bit offsets. Bytes that are torn, changed, of another version or made from other references are told from
/// good ones, and are made anew. A checksum does not keep anyone from making a good one: whatever the arrays hold, tables
/// made of them stay within their bounds.
enum ReferenceSnapshot {
    private static let magic = Array("TTRS".utf8) + [3, 0, 0, 0]
    private static let identityByteCount = 32
    private static let arrayCount = 19
    private static let headByteCount = magic.count + identityByteCount + arrayCount * 16
    /// Bytes that are read and checked at a time, while they are near.
    private static let pieceByteCount = 128 << 10

    /// What references are known by: their buckets, keys and ETags, or for local files whatever tells versions apart.
    static func identity(_ parts: [String]) -> [UInt8] {
        var hasher = SHA256Hasher()
        for part in parts { hasher.update(Array("\(part.utf8.count):\(part)\n".utf8)) }
        return hasher.finish()
    }

    /// Where a snapshot is.
    enum Source: Sendable {
        case bytes([UInt8])
        case file(File)
    }

    /// Where in a snapshot an array is, and its hash.
    struct Place: Sendable {
        let range: Range<Int>
        let hash: UInt64
    }

    // MARK: To bytes

    /// - Returns: Nil for texts beyond 4 GiB.
    static func encode(_ tables: ReferenceTables, identity: [UInt8]) -> [UInt8]? {
        let (tracks, users) = (tables.tracks, tables.users)
        let texts = [tracks.tracks.keys, tracks.names, tracks.artists, tracks.genres, users.countryValues]
            .compactMap(narrow)
        guard texts.count == 5 else { return nil }
        var writer = Writer()
        writer.add(tracks.tracks.keys.bytes)
        writer.add(texts[0])
        writer.add(tracks.tracks.slots)
        writer.add(tracks.names.bytes)
        writer.add(texts[1])
        writer.add(tracks.artists.bytes)
        writer.add(texts[2])
        writer.add(tracks.genres.bytes)
        writer.add(texts[3])
        for numbers in [tracks.trackOfPair, tracks.genreOfPair, tracks.pairStarts, tracks.pairs] { writer.add(numbers) }
        writer.add(users.ids)
        writer.add(users.ages)
        writer.add(users.ageValues)
        writer.add(users.countries)
        writer.add(users.countryValues.bytes)
        writer.add(texts[4])
        return writer.finish(magic + identity)
    }

    private static func narrow(_ texts: UTF8Values) -> [UInt32]? {
        texts.bytes.count <= UInt32.max ? texts.offsets.map { UInt32($0) } : nil
    }

    private struct Writer {
        private var arrays: [(byteCount: Int, hash: UInt64, append: (inout [UInt8]) -> Void)] = []

        mutating func add<Value: BitwiseCopyable>(_ values: [Value]) {
            // Machines that Swift runs on are little-endian.
            let hash = unsafe values.withUnsafeBytes { unsafe XXH64.hash($0) }
            arrays.append(
                (
                    values.count * MemoryLayout<Value>.stride, hash,
                    { bytes in unsafe values.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) } }
                ))
        }

        func finish(_ head: [UInt8]) -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(headByteCount + 8 + arrays.reduce(0) { $0 + $1.byteCount })
            bytes += head
            func append(_ word: UInt64) {
                unsafe withUnsafeBytes(of: word.littleEndian) { unsafe bytes.append(contentsOf: $0) }
            }
            for array in arrays {
                append(UInt64(array.byteCount))
                append(array.hash)
            }
            append(unsafe bytes.withUnsafeBytes { unsafe XXH64.hash($0) })
            for array in arrays { array.append(&bytes) }
            return bytes
        }
    }

    // MARK: From bytes

    /// The tables, or nil when the bytes are no snapshot of these references.
    static func decode(_ source: Source, identity: [UInt8]) async -> ReferenceTables? {
        guard let places = places(source, identity) else { return nil }
        async let keys = keyTable(source, places)
        async let names = texts(source, places[3], places[4])
        async let users = userTable(source, places)
        async let artists = texts(source, places[5], places[6])
        async let genres = texts(source, places[7], places[8])
        async let arrays = (9..<13).compactMap { array(source, places[$0], UInt32.self) }
        guard let keys = await keys, let names = await names, let artists = await artists, let genres = await genres,
            let users = await users
        else { return nil }
        let numbers = await arrays
        guard numbers.count == 4 else { return nil }
        let tracks = TrackTable(
            tracks: keys, names: names, artists: artists, genres: genres, trackOfPair: numbers[0],
            genreOfPair: numbers[1], pairStarts: numbers[2], pairs: numbers[3])
        return tracks.isConsistent ? ReferenceTables(tracks: tracks, users: users) : nil
    }

    private static func places(_ source: Source, _ identity: [UInt8]) -> [Place]? {
        let start = headByteCount + 8
        guard let byteCount = source.byteCount, byteCount >= start,
            let head = unsafe [UInt8](readingFrom: source, 0..<start), head.starts(with: magic + identity)
        else { return nil }
        return unsafe head.withUnsafeBytes { head -> [Place]? in
            func word(_ offset: Int) -> UInt64 {
                unsafe UInt64(littleEndian: head.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            }
            guard
                unsafe XXH64.hash(UnsafeRawBufferPointer(rebasing: head[..<headByteCount])) == word(headByteCount)
            else { return nil }
            var places: [Place] = []
            var position = start
            for index in 0..<arrayCount {
                let offset = magic.count + identityByteCount + index * 16
                guard let count = Int(exactly: word(offset)), count >= 0, count <= byteCount - position else {
                    return nil
                }
                places.append(Place(range: position..<(position + count), hash: word(offset + 8)))
                position += count
            }
            return position == byteCount ? places : nil
        }
    }

    private static func keyTable(_ source: Source, _ places: [Place]) -> KeyTable? {
        guard let keys = texts(source, places[0], places[1]), let slots = array(source, places[2], UInt32.self) else {
            return nil
        }
        let table = KeyTable(keys: keys, slots: slots)
        return table.isConsistent ? table : nil
    }

    private static func userTable(_ source: Source, _ places: [Place]) -> UserTable? {
        guard let ids = array(source, places[13], Int64.self), let ages = array(source, places[14], UInt32.self),
            let ageValues = array(source, places[15], Int32.self),
            let countries = array(source, places[16], UInt32.self),
            let countryValues = texts(source, places[17], places[18]),
            ages.count == ids.count, countries.count == ids.count,
            zip(ids, ids.dropFirst()).allSatisfy({ $0 < $1 }),
            ages.allSatisfy({ $0 == .max || Int($0) < ageValues.count }), countries.areBelow(countryValues.count)
        else { return nil }
        return UserTable(
            ids: ids, ages: ages, ageValues: ageValues, countries: countries, countryValues: countryValues)
    }

    private static func texts(_ source: Source, _ bytes: Place, _ offsets: Place) -> UTF8Values? {
        guard let bytes = array(source, bytes, UInt8.self), let offsets = array(source, offsets, UInt32.self),
            offsets.first == 0, offsets.last.map({ Int($0) }) == bytes.count
        else { return nil }
        var isAscending = true
        var last: UInt32 = 0
        let wide = offsets.map { offset in
            if offset < last { isAscending = false }
            last = offset
            return Int(offset)
        }
        return isAscending ? UTF8Values(bytes: bytes, offsets: wide) : nil
    }

    private static func array<Value: BitwiseCopyable>(
        _ source: Source, _ place: Place, _ type: Value.Type
    ) -> [Value]? {
        guard place.range.count % MemoryLayout<Value>.stride == 0 else { return nil }
        var hash = XXH64()
        var found: UInt64 = 0
        // SAFETY: any bytes are a value of a type that is bitwise copyable.
        let values = unsafe [Value](readingFrom: source, place.range, pieceByteCount: pieceByteCount) { piece, isLast in
            if isLast { found = unsafe hash.finish(piece) } else { unsafe hash.update(piece) }
        }
        return found == place.hash ? values : nil
    }
}

extension ReferenceSnapshot.Source {
    fileprivate var byteCount: Int? {
        switch self {
        case .bytes(let bytes): bytes.count
        case .file(let file): try? file.status().byteCount
        }
    }

    /// Reads as many bytes as the buffer has.
    fileprivate func read(_ offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        switch self {
        case .bytes(let bytes):
            guard offset + buffer.count <= bytes.count else { return false }
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe buffer.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + buffer.count)]))
            }
            return true
        case .file(let file): return (try? unsafe file.read(at: offset, into: buffer)) == buffer.count
        }
    }
}

extension Array where Element: BitwiseCopyable {
    /// Reads an array's bytes piece by piece, and shows each to `check`, at least one, the last one said to be.
    fileprivate init?(
        readingFrom source: ReferenceSnapshot.Source, _ range: Range<Int>, pieceByteCount: Int = .max,
        check: (UnsafeRawBufferPointer, Bool) -> Void = { _, _ in }
    ) {
        var isRead = true
        let count = range.count / MemoryLayout<Element>.stride
        let values = unsafe [Element](unsafeUninitializedCapacity: Swift.max(1, count)) { output, outputCount in
            let all = unsafe UnsafeMutableRawBufferPointer(start: output.baseAddress, count: range.count)
            var position = 0
            repeat {
                let piece = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: all[position..<Swift.min(all.count, position + Swift.min(pieceByteCount, all.count))])
                isRead = unsafe source.read(range.lowerBound + position, into: piece)
                position += piece.count
                if isRead { unsafe check(UnsafeRawBufferPointer(piece), position == all.count) }
            } while isRead && position < all.count
            outputCount = isRead ? count : 0
        }
        guard isRead else { return nil }
        self = values
    }
}

extension [UInt32] {
    /// Whether all are below a limit.
    func areBelow(_ limit: Int) -> Bool {
        // Without a branch, so that the compiler makes vector instructions of it.
        isEmpty || Int(reduce(0) { Swift.max($0, $1) }) < limit
    }
}

extension KeyTable {
    /// Whether lookups stay within the table and end.
    fileprivate var isConsistent: Bool {
        guard !slots.isEmpty else { return count == 0 }
        guard slots.count & (slots.count - 1) == 0 else { return false }
        let mask = KeyTable.numberMask(slotCount: slots.count)
        var greatest: UInt32 = 0
        var usedCount = 0
        for slot in slots {
            greatest = max(greatest, slot & mask)
            // A slot that is used has a number, from 1 on.
            if slot != 0, slot & mask == 0 { return false }
            usedCount += slot == 0 ? 0 : 1
        }
        return Int(greatest) <= count && usedCount == count && usedCount < slots.count
    }
}

extension TrackTable {
    /// Whether all numbers are of something that is there.
    fileprivate var isConsistent: Bool {
        names.count == tracks.count && artists.count == tracks.count && trackOfPair.areBelow(tracks.count)
            && genreOfPair.count == pairCount && genreOfPair.areBelow(genres.count) && pairs.count == pairCount
            && pairs.areBelow(pairCount) && pairStarts.count == tracks.count + 1 && pairStarts.first == 0
            && pairStarts.last.map { Int($0) } == pairCount
            && zip(pairStarts, pairStarts.dropFirst()).allSatisfy { $0 <= $1 }
    }
}

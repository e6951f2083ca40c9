import Digest
import Parquet

/// The tables as bytes: what spares the next cold start the parsing of the references.
///
/// `TTRS`, a version, what the tables were made from (32 bytes), the tables' arrays, each with its count before it and
/// little-endian, and at the end the SHA-256 of all before it. Bytes that are torn, of another version or made from other
/// references are told from good ones, and are made anew.
enum ReferenceSnapshot {
    private static let magic = Array("TTRS".utf8) + [1, 0, 0, 0]
    private static let digestByteCount = 32

    /// What references are known by: their buckets, keys and ETags, or for local files whatever tells versions apart.
    static func identity(_ parts: [String]) -> [UInt8] {
        var hasher = SHA256Hasher()
        for part in parts { hasher.update(Array("\(part.utf8.count):\(part)\n".utf8)) }
        return hasher.finish()
    }

    static func encode(_ tables: ReferenceTables, identity: [UInt8]) -> [UInt8] {
        var writer = Writer(bytes: magic + identity)
        tables.tracks.write(to: &writer)
        tables.users.write(to: &writer)
        var hasher = SHA256Hasher()
        hasher.update(writer.bytes)
        return writer.bytes + hasher.finish()
    }

    /// The tables, or nil when the bytes are no snapshot of these references.
    static func decode(_ bytes: [UInt8], identity: [UInt8]) -> ReferenceTables? {
        let head = magic + identity
        let end = bytes.count - digestByteCount
        guard end >= head.count, bytes.starts(with: head) else { return nil }
        var hasher = SHA256Hasher()
        hasher.update(bytes[..<end])
        guard hasher.finish().elementsEqual(bytes[end...]) else { return nil }
        var reader = Reader(bytes: bytes, offset: head.count, end: end)
        guard let tracks = TrackTable(from: &reader), let users = UserTable(from: &reader), reader.isAtEnd else {
            return nil
        }
        return ReferenceTables(tracks: tracks, users: users)
    }

    struct Writer {
        private(set) var bytes: [UInt8]

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func write<Value: BitwiseCopyable>(_ values: [Value]) {
            unsafe withUnsafeBytes(of: UInt64(values.count).littleEndian) { unsafe bytes.append(contentsOf: $0) }
            // Machines that Swift runs on are little-endian.
            unsafe values.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        }

        mutating func write(_ texts: UTF8Values) {
            write(texts.bytes)
            write(texts.offsets)
        }
    }

    struct Reader {
        private let bytes: [UInt8]
        private var offset: Int
        private let end: Int

        init(bytes: [UInt8], offset: Int, end: Int) {
            self.bytes = bytes
            self.offset = offset
            self.end = end
        }

        var isAtEnd: Bool { offset == end }

        mutating func read<Value: BitwiseCopyable>(_ type: Value.Type = Value.self) -> [Value]? {
            guard end - offset >= 8 else { return nil }
            let start = offset + 8
            return unsafe bytes.withUnsafeBytes { buffer in
                let count = unsafe UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                guard count <= UInt64((end - start) / MemoryLayout<Value>.stride) else { return nil }
                let byteCount = Int(count) * MemoryLayout<Value>.stride
                offset = start + byteCount
                return unsafe [Value](unsafeUninitializedCapacity: Int(count)) { output, outputCount in
                    // SAFETY: so many bytes are there, and any bytes are a value of a type that is bitwise copyable.
                    unsafe UnsafeMutableRawBufferPointer(output).copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: buffer[start..<offset]))
                    outputCount = Int(count)
                }
            }
        }

        mutating func readTexts() -> UTF8Values? {
            guard let bytes = read(UInt8.self), let offsets = read(Int.self), offsets.first == 0,
                offsets.last == bytes.count
            else { return nil }
            return UTF8Values(bytes: bytes, offsets: offsets)
        }
    }
}

extension KeyTable {
    fileprivate func write(to writer: inout ReferenceSnapshot.Writer) {
        writer.write(keys)
        writer.write(slots)
    }

    fileprivate init?(from reader: inout ReferenceSnapshot.Reader) {
        guard let keys = reader.readTexts(), let slots = reader.read(UInt64.self) else { return nil }
        self.init(keys: keys, slots: slots)
    }
}

extension TrackTable {
    fileprivate func write(to writer: inout ReferenceSnapshot.Writer) {
        tracks.write(to: &writer)
        for texts in [names, artists, genres] { writer.write(texts) }
        for numbers in [trackOfPair, genreOfPair, pairStarts, pairs] { writer.write(numbers) }
    }

    fileprivate init?(from reader: inout ReferenceSnapshot.Reader) {
        guard let tracks = KeyTable(from: &reader), let names = reader.readTexts(), let artists = reader.readTexts(),
            let genres = reader.readTexts(), let trackOfPair = reader.read(UInt32.self),
            let genreOfPair = reader.read(UInt32.self), let pairStarts = reader.read(UInt32.self),
            let pairs = reader.read(UInt32.self)
        else { return nil }
        self.init(
            tracks: tracks, names: names, artists: artists, genres: genres, trackOfPair: trackOfPair,
            genreOfPair: genreOfPair, pairStarts: pairStarts, pairs: pairs)
    }
}

extension UserTable {
    fileprivate func write(to writer: inout ReferenceSnapshot.Writer) {
        writer.write(ids)
        writer.write(ages)
        writer.write(ageValues)
        writer.write(countries)
        writer.write(countryValues)
    }

    fileprivate init?(from reader: inout ReferenceSnapshot.Reader) {
        guard let ids = reader.read(Int64.self), let ages = reader.read(UInt32.self),
            let ageValues = reader.read(Int32.self), let countries = reader.read(UInt32.self),
            let countryValues = reader.readTexts()
        else { return nil }
        self.init(ids: ids, ages: ages, ageValues: ageValues, countries: countries, countryValues: countryValues)
    }
}

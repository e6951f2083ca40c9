import CSV
import Clocks

/// Makes input for the pipeline: songs, users and stream files, the same bytes for the same settings on any machine.
///
/// Integers only: nothing depends on a library's rounding. Memory is that of one block, whatever the number of rows.
package struct MusicDataGenerator: Sendable {
    package struct Settings: Sendable, Hashable {
        package var rows: Int
        package var files: Int
        package var days: Int
        package var seed: UInt64
        package var tracks = 2_000
        package var users = 5_000

        package init(rows: Int = 11_000, files: Int = 30, days: Int = 30, seed: UInt64 = 1) {
            self.rows = rows
            self.files = files
            self.days = days
            self.seed = seed
        }
    }

    /// Bytes after which a block is handed out.
    static let blockByteCount = 1 << 16
    /// One row in so many names a track, or a user, that the references don't have.
    static let unknownRate: UInt64 = 200

    private let settings: Settings

    package init(_ settings: Settings) { self.settings = settings }

    /// The day of the first stream file.
    package static let firstDay = Timestamp.daysSinceEpoch(year: 2024, month: 6, day: 25)

    /// Names of the stream files with their days, which are spread evenly; a day's second file ends in `-2`.
    package var streamFiles: [(name: String, day: Int)] {
        var counts: [Int: Int] = [:]
        return (0..<settings.files).map { index in
            let day = settings.files > 0 ? index * settings.days / max(settings.files, 1) : 0
            counts[day, default: 0] += 1
            let count = counts[day] ?? 1
            let date = Timestamp(
                microsecondsSinceEpoch: Int64(MusicDataGenerator.firstDay + day) * 86_400_000_000
            ).dateSpelling
            return ("streams-\(date)\(count > 1 ? "-\(count)" : "").csv", MusicDataGenerator.firstDay + day)
        }
    }

    /// Gives the files to `sink`, block by block, one file after the other; each gets at least one block.
    package func write(to sink: @escaping (_ name: String, _ bytes: [UInt8]) throws -> Void) throws {
        try write("songs.csv", sink, songRows)
        try write("users.csv", sink, userRows)
        for (index, file) in streamFiles.enumerated() {
            try write(file.name, sink) { row in try streamRows(UInt64(index), day: file.day, row) }
        }
    }

    private func write(
        _ name: String, _ sink: @escaping (String, [UInt8]) throws -> Void,
        _ rows: ((([String]) throws -> Void)) throws -> Void
    ) throws {
        var writer = CSVWriter()
        try rows { fields in
            for field in fields { writer.writeField(Array(field.utf8)[...]) }
            writer.endRow()
            if writer.byteCount >= MusicDataGenerator.blockByteCount { try sink(name, writer.takeBytes()) }
        }
        try sink(name, writer.takeBytes())
    }

    private func random(_ stream: UInt64) -> SeededEntropy { SeededEntropy(seed: settings.seed &* 1_000_003 &+ stream) }

    private func trackID(_ number: UInt64) -> String {
        let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        let source = SeededEntropy(seed: settings.seed ^ (number &* 0x9E37_79B9))
        return String((0..<22).map { _ in letters[Int(source.next() % 62)] })
    }

    private func songRows(_ row: ([String]) throws -> Void) throws {
        try row(["track_id", "track_genre", "track_name", "artists", "popularity"])
        let source = random(1)
        func pick(_ words: [String]) -> String { words[Int(source.next() % UInt64(words.count))] }
        for track in 0..<settings.tracks {
            var name = (0...Int(source.next() % 3)).map { _ in pick(Vocabulary.titles) }.joined(separator: " ")
            switch source.next() % 8 {
            case 0: name = "\(name), Part \(track % 7 + 1)"
            case 1: name = "\"\(name)\" (live)"
            default: break
            }
            let artists = (0...Int(source.next() % 2)).map { _ in
                "\(pick(Vocabulary.givenNames)) \(pick(Vocabulary.familyNames))"
            }
            var genres = [Vocabulary.genres[Int(source.next() % UInt64(Vocabulary.genres.count))]]
            while source.next() % 6 == 0, genres.count < 3 { genres.append(pick(Vocabulary.genres)) }
            let popularity = source.next() % 101
            for genre in genres {
                try row([trackID(UInt64(track)), genre, name, artists.joined(separator: ";"), "\(popularity)"])
            }
        }
    }

    private func userRows(_ row: ([String]) throws -> Void) throws {
        try row(["user_id", "user_name", "user_age", "user_country"])
        let source = random(2)
        func pick(_ words: [String]) -> String { words[Int(source.next() % UInt64(words.count))] }
        for user in 1...max(1, settings.users) {
            let name = "\(pick(Vocabulary.givenNames)) \(pick(Vocabulary.familyNames))"
            try row(["\(user)", name, "\(13 + source.next() % 77)", pick(Vocabulary.countries)])
        }
    }

    /// Popular tracks come often: of two draws the lower number counts.
    private func streamRows(_ file: UInt64, day: Int, _ row: ([String]) throws -> Void) throws {
        try row(["user_id", "track_id", "listen_time"])
        let source = random(1_000 + file)
        let ids = (0..<settings.tracks).map { trackID(UInt64($0)) }
        for _ in 0..<settings.rows {
            let tracks = UInt64(max(1, settings.tracks))
            let track = Int(min(source.next() % tracks, source.next() % tracks))
            let isUnknownTrack = source.next() % MusicDataGenerator.unknownRate == 0
            let isUnknownUser = source.next() % MusicDataGenerator.unknownRate == 0
            let user = source.next() % UInt64(max(1, settings.users)) + (isUnknownUser ? 1_000_000 : 1)
            let second = Int64(source.next() % 86_400)
            let time = Timestamp(microsecondsSinceEpoch: (Int64(day) * 86_400 + second) * 1_000_000)
            let id = isUnknownTrack || ids.isEmpty ? trackID(1 << 40 | source.next() % 1_000) : ids[track]
            try row(["\(user)", id, time.spelled(fractionDigits: 0).replacingSeparators])
        }
    }
}

extension String {
    /// `2024-06-25T10:00:00Z` as `2024-06-25 10:00:00`.
    fileprivate var replacingSeparators: String { dropLast().map { $0 == "T" ? " " : String($0) }.joined() }
}

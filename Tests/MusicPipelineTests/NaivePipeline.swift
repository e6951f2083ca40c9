import CSV

@testable import MusicKPIs
@testable import MusicPipeline

/// The job in the plainest way: strings, dictionaries and sets. It shares the rules for one field with the pipeline
/// (`FieldParser`, `StreamRow`'s conditions are spelled out again) and nothing else.
struct NaivePipeline {
    struct Song {
        var id: String
        var genre: String
        var name: String
        var artists: String
    }

    struct Row: Hashable, Comparable {
        var user: Int64
        var track: String
        var time: Int64
        var genre: String
        var name: String
        var artists: String
        var age: Int?
        var country: String?

        static func < (a: Row, b: Row) -> Bool { "\(a)" < "\(b)" }
    }

    var songs: [Song]
    /// Id, age as spelled, country.
    var users: [(id: Int64, age: String, country: String)]
    /// User, track, time as spelled.
    var streams: [(user: String, track: String, time: String)]

    var rows: [Row] {
        var labels: [String: (String, String)] = [:]
        var genres: [String: [String]] = [:]
        for song in songs {
            if labels[song.id] == nil { labels[song.id] = (song.name, song.artists) }
            if genres[song.id]?.contains(song.genre) != true { genres[song.id, default: []].append(song.genre) }
        }
        var known: [Int64: (Int?, String)] = [:]
        for user in users where known[user.id] == nil { known[user.id] = (Int(user.age), user.country) }
        return goodStreams.flatMap { stream -> [Row] in
            (genres[stream.track] ?? []).map { genre in
                let user = known[stream.user]
                return Row(
                    user: stream.user, track: stream.track, time: stream.time, genre: genre,
                    name: labels[stream.track]?.0 ?? "", artists: labels[stream.track]?.1 ?? "", age: user?.0,
                    country: user?.1)
            }
        }
    }

    var goodStreams: [(user: Int64, track: String, time: Int64)] {
        streams.compactMap { stream in
            guard let user = Int64(stream.user), !stream.track.isEmpty,
                let time = FieldParser.timestampMicroseconds(Array(stream.time.utf8).span)
            else { return nil }
            return (user, stream.track, time)
        }
    }

    static func day(_ time: Int64) -> Int32 {
        Int32((Double(time) / Double(DayRows.microsecondsPerDay)).rounded(.down))
    }

    func kpis(source: StreamSource, day: Int32) -> [GenreKPIs] {
        let own = rows.filter { Self.day($0.time) == day }
        return Dictionary(grouping: own, by: \.genre).map { genre, rows in
            let counts = Dictionary(grouping: rows, by: \.track).mapValues(\.count)
            let top = counts.map { (ByteText($0.key), $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(3)
            return GenreKPIs(
                genre: ByteText(genre), listenCount: rows.count, uniqueListeners: Set(rows.map(\.user)).count,
                topTracks: top.map { GenreKPIs.Track(id: $0.0, listenCount: $0.1) })
        }.sorted { $0.genre < $1.genre }
    }

    // MARK: As CSV

    private static func quoted(_ text: String, always: Bool) -> String {
        guard always || text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
        return "\"\(text.replacing("\"", with: "\"\""))\""
    }

    private static func csv(_ header: String, _ rows: [[String]]) -> [UInt8] {
        let style = Int.random(in: 0..<3)
        let lines = rows.map { row in
            row.map { quoted($0, always: style == 2 || style == 1 && Int.random(in: 0..<20) == 0) }.joined(
                separator: ",")
        }
        return Array(([header] + lines).joined(separator: "\n").utf8) + (Bool.random() ? [0x0A] : [])
    }

    var songsCSV: [UInt8] {
        Self.csv("track_id,track_genre,track_name,artists", songs.map { [$0.id, $0.genre, $0.name, $0.artists] })
    }
    var usersCSV: [UInt8] {
        Self.csv("user_id,user_name,user_age,user_country", users.map { ["\($0.id)", "x", $0.age, $0.country] })
    }
    var streamsCSV: [UInt8] { Self.csv("user_id,track_id,listen_time", streams.map { [$0.user, $0.track, $0.time] }) }

    /// A world of random tables.
    static func random(rows: Int) -> NaivePipeline {
        let ids = (0..<Int.random(in: 1...40)).map { index in
            [String(repeating: "t", count: index % 30 + 1) + "\(index)", "é,\"\(index)\"", "\(index)", "日本\n\(index)"]
                .randomElement() ?? "t"
        }
        let genres = (0..<Int.random(in: 1...12)).map { ["rock", "pop, soft", "", "ü"].randomElement()! + "\($0)" }
        let userIDs: [Int64] =
            [
                (1...60).map(Int64.init), [.min, -3, 0, 7, 1 << 40, .max], (1...20).map { Int64($0) << 33 }, [],
            ].randomElement() ?? []
        let days = [1, 2, 40].randomElement() ?? 1
        let start: Int64 = [1_719_273_600, -86_400 * 3].randomElement() ?? 0
        func time() -> String {
            let seconds = start + Int64.random(in: 0..<Int64(86_400 * days))
            let micros = Int.random(in: 0..<30) == 0 ? Int64.random(in: 0..<1_000_000) : 0
            let time = Timestamps.spelled(seconds, micros)
            return Int.random(in: 0..<60) == 0 ? "2024-02-30 00:00:00" : time
        }
        return NaivePipeline(
            songs: (0..<Int.random(in: 0...80)).map { _ in
                Song(
                    id: ids.randomElement() ?? "t", genre: genres.randomElement() ?? "g",
                    name: "N\(Int.random(in: 0..<9)) \"x\", y", artists: "A\(Int.random(in: 0..<9))")
            },
            users: userIDs.shuffled().flatMap { id in
                (0..<(Int.random(in: 0..<9) == 0 ? 2 : 1)).map { _ in
                    (
                        id, ["31", "", "x", "99"].randomElement() ?? "",
                        ["Ghana", "Korea, Republic of", ""].randomElement() ?? ""
                    )
                }
            },
            streams: (0..<rows).map { _ in
                let known = userIDs.randomElement() ?? 5
                let user = Int.random(in: 0..<9) == 0 ? Int64.random(in: -9...1_000) : known
                return (
                    Int.random(in: 0..<60) == 0 ? "u" : "\(user)",
                    Int.random(in: 0..<40) == 0 ? ["", "unknown"].randomElement() ?? "" : ids.randomElement() ?? "t",
                    time()
                )
            })
    }
}

/// Times as text, made without the code under test.
enum Timestamps {
    static func spelled(_ seconds: Int64, _ micros: Int64) -> String {
        var days = Int((Double(seconds) / 86_400).rounded(.down))
        let rest = Int(seconds) - days * 86_400
        var year = 1970
        func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        while days < 0 {
            year -= 1
            days += isLeap(year) ? 366 : 365
        }
        while days >= (isLeap(year) ? 366 : 365) {
            days -= isLeap(year) ? 366 : 365
            year += 1
        }
        var month = 0
        let lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        while days >= lengths[month] {
            days -= lengths[month]
            month += 1
        }
        func two(_ number: Int) -> String { String(String(number + 100).suffix(2)) }
        let text =
            "\(year)-\(two(month + 1))-\(two(days + 1)) \(two(rest / 3_600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
        return micros == 0 ? text : "\(text).\(String(String(1_000_000 + micros).suffix(6)))"
    }
}

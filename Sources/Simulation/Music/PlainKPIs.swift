/// The pipeline's numbers worked out in the plainest way, from the files' text: nothing of it is the pipeline's code.
struct PlainKPIs {
    struct Row: Hashable {
        var user: String
        var track: String
        var time: String
        var genre: String
    }

    struct Genre: Hashable {
        var listens = 0
        var users: Set<String> = []
        var tracks: [String: Int] = [:]
    }

    /// Rows joined with their songs' genres, of all files, and how often each came.
    private(set) var rows: [Row: Int] = [:]
    /// By `DAY GENRE`.
    private(set) var genres: [String: Genre] = [:]
    private var genresOfTrack: [String: [String]] = [:]

    init(songs: String) {
        for fields in Self.records(songs).dropFirst() where fields.count == 4 {
            if genresOfTrack[fields[0]]?.contains(fields[1]) != true {
                genresOfTrack[fields[0], default: []].append(fields[1])
            }
        }
    }

    /// Adds a stream file that was processed; rows that are not three good fields were set aside.
    mutating func add(streams: String) {
        for fields in Self.records(streams).dropFirst() where fields.count == 3 {
            guard Int64(fields[0]) != nil, !fields[1].isEmpty, fields[2].count == 19 else { continue }
            for genre in genresOfTrack[fields[1]] ?? [] {
                rows[Row(user: fields[0], track: fields[1], time: fields[2], genre: genre), default: 0] += 1
                let place = "\(fields[2].prefix(10)) \(genre)"
                genres[place, default: Genre()].listens += 1
                genres[place, default: Genre()].users.insert(fields[0])
                genres[place, default: Genre()].tracks[fields[1], default: 0] += 1
            }
        }
    }

    /// Whether a file has what it takes to be processed: the header, and few enough bad rows.
    static func isAcceptable(_ text: String) -> Bool {
        let records = records(text)
        guard records.first == ["user_id", "track_id", "listen_time"], records.count > 1 else { return false }
        let bad = records.dropFirst().count { Int64($0[0]) == nil }
        return Double(bad) * 100 <= 5 * Double(records.count - 1)
    }

    /// The records of a CSV text.
    static func records(_ text: String) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field = ""
        var isQuoted = false
        var characters = Array(text.unicodeScalars)[...]
        func endRecord() {
            record.append(field)
            field = ""
            if record != [""] { records.append(record) }
            record = []
        }
        while let character = characters.popFirst() {
            switch character {
            case "\"" where isQuoted && characters.first == "\"":
                field += "\""
                characters.removeFirst()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                record.append(field)
                field = ""
            case "\n" where !isQuoted: endRecord()
            default: field.unicodeScalars.append(character)
            }
        }
        if !field.isEmpty || !record.isEmpty { endRecord() }
        return records
    }
}

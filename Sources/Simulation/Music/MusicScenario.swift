package import Template

/// The sample pipeline's worlds: songs, users, and stream files that share days, repeat each other, or are broken.
package struct MusicScenario: Scenario {
    package var rawBucket = "rds.data"
    package var trialBucket = "trial.data"
    package var warehouseBucket = "warehouse.bucket"
    package var kpiTable = "kpi.table"
    package var trackerTable = "kpi.table_file_tracker"

    package init() {}

    /// The sample pipeline's under the names that a template gives it; nil for a template without it.
    package init?(_ application: Application) {
        let products = application.functions.map(\.executable)
        guard products.contains(.product("write-kpis")), products.contains(.product("archive")) else { return nil }
        let environments = application.functions.map(\.environment)
        func name(_ variable: String, _ fallback: String) -> String {
            environments.lazy.compactMap { $0[variable] }.first { !$0.isEmpty } ?? fallback
        }
        rawBucket = name("RAW_BUCKET", rawBucket)
        trialBucket = name("TRIAL_BUCKET", trialBucket)
        warehouseBucket = name("WAREHOUSE_BUCKET", warehouseBucket)
        kpiTable = name("KPI_TABLE", kpiTable)
        trackerTable = name("TRACKER_TABLE", trackerTable)
    }

    static let genres = ["rock", "pop", "jazz", "hip-hop", "k-pop", "\"classic\", old"]
    static let trackCount = 24
    static let userCount = 15

    package func files(_ plan: WorldPlan) throws -> [WorldFile] {
        let chance = Chance(seed: plan.seed ^ 0xDA7A)
        var songs = "track_id,track_genre,track_name,artists\n"
        for track in 0..<Self.trackCount {
            for genre in 0...chance.number("genres|\(track)", below: 2) {
                let name = Self.genres[chance.number("genre|\(track)|\(genre)", below: Self.genres.count)]
                songs += "\(Self.track(track)),\(Self.quoted(name)),Song \(track),Artist \(track % 5)\n"
            }
        }
        var users = "user_id,user_name,user_age,user_country\n"
        for user in 1...Self.userCount { users += "\(user),User \(user),\(18 + user),Country \(user % 4)\n" }
        var files = [
            WorldFile(bucket: rawBucket, key: "songs/songs.csv", bytes: Array(songs.utf8), isAnnounced: false),
            WorldFile(bucket: rawBucket, key: "users/users.csv", bytes: Array(users.utf8), isAnnounced: false),
        ]
        for number in 0..<plan.fileCount {
            // Sometimes the same content under another name: another file, whose rows count as well.
            let isCopy = number > 0 && chance.fraction("copy|\(number)") < 0.1
            let text = isCopy ? streams(number - 1, chance) : streams(number, chance)
            files.append(
                WorldFile(
                    bucket: rawBucket, key: "streams/file-\(number).csv", bytes: Array(text.utf8), isAnnounced: true))
        }
        return files
    }

    private func streams(_ file: Int, _ chance: Chance) -> String {
        // A wrong header, or too many bad rows: quarantine.
        if chance.fraction("broken|\(file)") < 0.06 { return "user,track\n1,2\n" }
        let badRows = chance.fraction("bad|\(file)") < 0.06
        var text = "user_id,track_id,listen_time\n"
        let days = 1 + chance.number("days|\(file)", below: 2)
        for row in 0..<(8 + chance.number("rows|\(file)", below: 50)) {
            let place = "\(file)|\(row)"
            let day = 25 + (file + chance.number("day|\(place)", below: days)) % 3
            let hour = chance.number("hour|\(place)", below: 24)
            let isBad = badRows && chance.fraction("bad|\(place)") < 0.5
            let user = isBad ? "nobody" : "\(1 + chance.number("user|\(place)", below: Self.userCount + 2))"
            let track = Self.track(chance.number("track|\(place)", below: Self.trackCount + 1))
            text += "\(user),\(track),2024-06-\(day) \(hour < 10 ? "0" : "")\(hour):0\(row % 10):00\n"
        }
        return text
    }

    private static func track(_ number: Int) -> String { "track\(number < 10 ? "0" : "")\(number)x" }

    private static func quoted(_ text: String) -> String {
        text.contains(where: { ",\"".contains($0) }) ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }
}

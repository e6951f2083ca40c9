import Clocks
import EventRouter
import FileSystem
import JSON
import MusicPipeline

/// Prints the KPIs.
struct KPIs: Verb {
    static let name = "kpis"
    static let summary = "prints the daily KPIs per genre, top songs and top genres"
    static let options = [
        Option.data, .template, .json, .value("date", "YYYY-MM-DD", "only this day"),
        .value("genre", "GENRE", "only this genre"),
    ]
    static let details =
        "--json prints three kinds of lines: genre, top_songs and top_genres, ascending by date."

    private let project: Project
    private let date: String?
    private let genre: String?
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        date = arguments.value("date")
        genre = arguments.value("genre")
        asJSON = arguments.has("json")
        if let date, date.utf8.count != 10 || Timestamp(iso8601: "\(date)T00:00:00Z") == nil {
            throw UsageError("--date takes a day as YYYY-MM-DD, not '\(date)'")
        }
    }

    func run() async throws -> Bool {
        guard try FileSystem.status(project.data.tables) != nil else {
            if !asJSON { Console.note("no KPIs yet: there is no \(project.data.tables)") }
            return true
        }
        let report = try await KPIReport.read(from: project.kpiTable(), date: date, genre: genre)
        if asJSON {
            for line in report.json { Console.print(line.text()) }
        } else if report.isEmpty {
            Console.note("no KPIs\(date.map { " on \($0)" } ?? "") yet")
        } else {
            Console.write(
                TextTable(
                    report.genreRows, header: ["DATE", "GENRE", "LISTENS", "LISTENERS", "SECONDS", "SECONDS/USER"],
                    rightAligned: [2, 3, 4, 5]
                ).text)
            Console.print("\nTop songs")
            Console.write(
                TextTable(
                    report.songRows, header: ["DATE", "GENRE", "RANK", "TRACK", "ARTISTS", "LISTENS"],
                    rightAligned: [2, 5]
                ).text)
            Console.print("\nTop genres")
            Console.write(TextTable(report.topGenreRows, header: ["DATE", "GENRES"]).text)
        }
        return true
    }
}

package import JSON
package import Storage

/// The KPIs as they are in the table, for people and programs.
package struct KPIReport: Sendable {
    private let genres: [Item]
    private let songs: [Item]
    private let topGenres: [Item]

    /// Reads the KPIs of one day or of all, of one genre or of all.
    package static func read(from table: any Table, date: String?, genre: String?) async throws -> KPIReport {
        let items: [Item]
        if let date {
            let found = try await table.queryAll(.string(date), index: PipelineNames.dateIndex)
            var all = found
            for item in found {
                if let name = item["genre"]?.stringValue,
                    let songs = try await table.get(
                        TableKey(partition: .string("GENRE#\(name)"), sort: .string("TOP_SONGS#\(date)")))
                {
                    all.append(songs)
                }
            }
            if let top = try await table.get(TableKey(partition: .string("DATE#\(date)"), sort: .string("TOP_GENRES")))
            {
                all.append(top)
            }
            items = all
        } else {
            items = try await scan(table)
        }
        return KPIReport(items, genre: genre)
    }

    private static func scan(_ table: any Table) async throws -> [Item] {
        var items: [Item] = []
        var cursor: TableCursor?
        repeat {
            let page = try await table.scan(limit: 1_000, after: cursor)
            items += page.items
            cursor = page.next
        } while cursor != nil
        return items
    }

    private init(_ items: [Item], genre: String?) {
        func order(_ item: Item) -> (String, String) { (KPIReport.date(item), item["genre"]?.stringValue ?? "") }
        func with(_ prefix: String, in attribute: String) -> [Item] {
            items.filter { item in
                item[attribute]?.stringValue?.hasPrefix(prefix) == true
                    && (genre == nil || item["genre"] == nil || item["genre"]?.stringValue == genre)
            }.sorted { order($0) < order($1) }
        }
        genres = with("DATE#", in: "sk")
        songs = with("TOP_SONGS#", in: "sk")
        topGenres = with("TOP_GENRES", in: "sk")
    }

    package var isEmpty: Bool { genres.isEmpty }

    private static func date(_ item: Item) -> String {
        let sort = item["sk"]?.stringValue ?? ""
        let text = sort == "TOP_GENRES" ? item["pk"]?.stringValue ?? "" : sort
        return String(text.drop { $0 != "#" }.dropFirst())
    }

    /// One line an item: all of a day together, days ascending; of a day first its genres, then their top songs, then
    /// the top genres.
    package var json: [JSONValue] {
        let names = ["listen_count", "unique_listeners", "total_listening_time", "avg_listening_time_per_user"]
        let genreLines = genres.map { item in
            (
                KPIReport.date(item), 0,
                JSONValue.object(
                    JSONObject(
                        [
                            ("kind", .string("genre")), ("date", .string(KPIReport.date(item))),
                            ("genre", KPIItem.json(item["genre"])),
                        ] + names.map { ($0, KPIItem.json(item[$0])) }))
            )
        }
        let songLines = songs.map { item in
            (
                KPIReport.date(item), 1,
                JSONValue.object([
                    "kind": "top_songs", "date": .string(KPIReport.date(item)), "genre": KPIItem.json(item["genre"]),
                    "songs": KPIReport.list(
                        item["songs"], ["rank", "track_id", "track_name", "artists", "listen_count"]),
                ])
            )
        }
        let topLines = topGenres.map { item in
            (
                KPIReport.date(item), 2,
                JSONValue.object([
                    "kind": "top_genres", "date": .string(KPIReport.date(item)),
                    "genres": KPIReport.list(item["genres"], ["rank", "genre", "listen_count"]),
                ])
            )
        }
        let lines = (genreLines + songLines + topLines).enumerated()
        return lines.sorted { ($0.element.0, $0.element.1, $0.offset) < ($1.element.0, $1.element.1, $1.offset) }
            .map(\.element.2)
    }

    private static func list(_ value: AttributeValue?, _ names: [String]) -> JSONValue {
        .array(
            (value?.listValue ?? []).map { element in
                .object(JSONObject(names.map { ($0, KPIItem.json(element.mapValue?[$0])) }))
            })
    }

    /// Days with their top genres.
    package var topGenreRows: [[String]] {
        topGenres.map { item in
            let names = (item["genres"]?.listValue ?? []).map { entry in
                "\(entry.mapValue?["genre"]?.stringValue ?? "?") (\(entry.mapValue?["listen_count"]?.intValue ?? 0))"
            }
            return [KPIReport.date(item), names.joined(separator: ", ")]
        }
    }

    /// Date, genre, listens, listeners, seconds, seconds a listener.
    package var genreRows: [[String]] {
        genres.map { item in
            let average = item["avg_listening_time_per_user"]?.doubleValue ?? 0
            return [
                KPIReport.date(item), item["genre"]?.stringValue ?? "", "\(item["listen_count"]?.intValue ?? 0)",
                "\(item["unique_listeners"]?.intValue ?? 0)", "\(item["total_listening_time"]?.intValue ?? 0)",
                "\((average * 10).rounded() / 10)",
            ]
        }
    }

    /// Date, genre, rank, track, artists, listens.
    package var songRows: [[String]] {
        songs.flatMap { item in
            (item["songs"]?.listValue ?? []).compactMap(\.mapValue).map { song in
                [
                    KPIReport.date(item), item["genre"]?.stringValue ?? "", "\(song["rank"]?.intValue ?? 0)",
                    song["track_name"]?.stringValue ?? "", song["artists"]?.stringValue ?? "",
                    "\(song["listen_count"]?.intValue ?? 0)",
                ]
            }
        }
    }
}

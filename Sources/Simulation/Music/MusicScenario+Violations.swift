import Digest
import EventRouter
import FileSystem
import Parquet
import Storage

extension MusicScenario {
    /// Holds a world at rest against what must always be so (README, "Prove it").
    package func violations(data: String, files: [WorldFile]) async throws -> [String] {
        let folder = try DataFolder(data)
        let objects = folder.objectStore()
        var found = try outsiders(folder)
        var kpis = PlainKPIs(
            songs: String(decoding: files.first { $0.key.hasPrefix("songs/") }?.bytes ?? [], as: UTF8.self))
        let archive = try await WorldDigest.allObjects(rawBucket, objects)
        let quarantine = try await WorldDigest.allObjects(warehouseBucket, objects)
        let tracked = try await trackedStatuses(folder)
        for file in files where file.isAnnounced {
            let eTag = md5(file.bytes)
            let name = String(file.key.dropLast(4))
            func isPlace(_ object: ObjectMetadata, _ prefix: String) -> Bool {
                object.eTag == eTag
                    && (object.key == "\(prefix)\(name).csv" || object.key == "\(prefix)\(name).\(eTag).csv")
            }
            let places =
                archive.filter { isPlace($0, "") }.map { "\($0.key)" }
                + archive.filter { isPlace($0, "archive/") }.map { "\($0.key)" }
                + quarantine.filter { isPlace($0, "quarantine/") }.map { "\($0.key)" }
            if places.count != 1 {
                found.append(
                    "\(file.key) is in \(places.isEmpty ? "no place" : "\(places.count) places: \(places.joined(separator: ", "))")"
                )
            }
            let text = String(decoding: file.bytes, as: UTF8.self)
            let isGood = PlainKPIs.isAcceptable(text)
            let expected = isGood ? "archive/" : "quarantine/"
            if places.first?.hasPrefix(expected) != true {
                found.append("\(file.key) should be in \(expected) and is in \(places.first ?? "no place")")
            }
            let status = tracked["FILE#\(file.bucket)/\(file.key) \(eTag)"] ?? "nothing"
            if status != (isGood ? "PROCESSED" : "QUARANTINED") {
                found.append("the tracker says \(status) of \(file.key), which is in \(places.first ?? "no place")")
            }
            if places.contains(where: { $0.hasPrefix("archive/") }) { kpis.add(streams: text) }
        }
        found += try await differences(of: kpis, folder)
        found += try await parquetDifferences(of: kpis, objects)
        return found
    }

    /// Files where none should be.
    private func outsiders(_ folder: DataFolder) throws -> [String] {
        let known: Set<String> = ["buckets", "logs", "queues", "tables.sqlite", "executions.sqlite"]
        return try FileSystem.list(folder.root).sorted().filter { name in
            !known.contains { name == $0 || name.hasPrefix("\($0)-") || name.hasPrefix("\($0)+") }
        }.map { "\($0) lies outside of the buckets" }
    }

    private func trackedStatuses(_ folder: DataFolder) async throws -> [String: String] {
        var statuses: [String: String] = [:]
        for item in try await items(trackerTable, folder) {
            statuses["\(item["pk"]?.stringValue ?? "") \(item["sk"]?.stringValue ?? "")"] = item["status"]?.stringValue
        }
        return statuses
    }

    private func items(_ table: String, _ folder: DataFolder) async throws -> [Item] {
        let schema = TableSchema(
            name: table, partitionKey: "pk", sortKey: "sk",
            indexes: table == kpiTable ? [IndexSchema(name: "by-date", partitionKey: "date", sortKey: "pk")] : [])
        var items: [Item] = []
        var cursor: TableCursor?
        repeat {
            let page = try await folder.stores.table(schema).scan(limit: 1_000, after: cursor)
            items += page.items
            cursor = page.next
        } while cursor != nil
        return items
    }

    // MARK: - KPIs

    private func differences(of kpis: PlainKPIs, _ folder: DataFolder) async throws -> [String] {
        var expected: [String: String] = [:]
        var byDay: [String: [(genre: String, listens: Int)]] = [:]
        for (place, genre) in kpis.genres {
            let (day, name) = (String(place.prefix(10)), String(place.dropFirst(11)))
            expected["GENRE#\(name) DATE#\(day)"] =
                "listens \(genre.listens), listeners \(genre.users.count), seconds \(genre.listens * 180), average "
                + "\(Double(genre.listens * 180) / Double(genre.users.count))"
            let top = genre.tracks.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3)
            expected["GENRE#\(name) TOP_SONGS#\(day)"] = top.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            byDay[day, default: []].append((name, genre.listens))
        }
        for (day, genres) in byDay {
            let top = genres.sorted { ($1.listens, $0.genre) < ($0.listens, $1.genre) }.prefix(5)
            expected["DATE#\(day) TOP_GENRES"] = top.map { "\($0.genre) \($0.listens)" }.joined(separator: ", ")
        }
        var there: [String: String] = [:]
        var versions: [String: Set<String>] = [:]
        for item in try await items(kpiTable, folder) {
            let key = "\(item["pk"]?.stringValue ?? "") \(item["sk"]?.stringValue ?? "")"
            there[key] = Self.spelled(item)
            let version = "\(item["partials"]?.intValue ?? -1) \(item["partials_digest"]?.stringValue ?? "")"
            versions[Self.day(of: key), default: []].insert(version)
        }
        var found: [String] = []
        for key in Set(expected.keys).union(there.keys).sorted() where expected[key] != there[key] {
            found.append(
                "\(key) is \(there[key] ?? "not there"), and the archived files give \(expected[key] ?? "none")")
        }
        for (day, all) in versions.sorted(by: { $0.key < $1.key }) where all.count > 1 {
            found.append("the items of \(day) come from \(all.count) different merges")
        }
        return found
    }

    private static func day(of key: String) -> String {
        let part = key.split(separator: " ").last { $0.hasPrefix("DATE#") || $0.hasPrefix("TOP_SONGS#") }
        return part?.split(separator: "#").last.map(String.init) ?? ""
    }

    private static func spelled(_ item: Item) -> String {
        func list(_ name: String, _ label: String) -> String? {
            item[name]?.listValue?.map { entry in
                "\(entry.mapValue?[label]?.stringValue ?? "") \(entry.mapValue?["listen_count"]?.intValue ?? -1)"
            }.joined(separator: ", ")
        }
        if let songs = list("songs", "track_id") { return songs }
        if let genres = list("genres", "genre") { return genres }
        return
            "listens \(item["listen_count"]?.intValue ?? -1), listeners \(item["unique_listeners"]?.intValue ?? -1), "
            + "seconds \(item["total_listening_time"]?.intValue ?? -1), average "
            + "\(item["avg_listening_time_per_user"]?.doubleValue ?? -1)"
    }

    // MARK: - Parquet

    private func parquetDifferences(of kpis: PlainKPIs, _ objects: any ObjectStore) async throws -> [String] {
        var there: [PlainKPIs.Row: Int] = [:]
        for object in try await WorldDigest.allObjects(trialBucket, objects)
        where object.key.hasPrefix("processed/") && object.key.hasSuffix(".parquet") {
            let bytes = try await objects.get(object.key, in: trialBucket, maximumByteCount: 64 << 20).bytes
            let reader = try await ParquetReader(ParquetBytes(bytes))
            for group in reader.rowGroups.indices {
                let columns = try await reader.readRowGroup(
                    group, columns: ["user_id", "track_id", "timestamp", "genre"])
                for row in Self.rows(columns) { there[row, default: 0] += 1 }
            }
        }
        var found: [String] = []
        let lost = kpis.rows.filter { there[$0.key, default: 0] < $0.value }.count
        let doubled = there.filter { kpis.rows[$0.key, default: 0] < $0.value }.count
        if lost > 0 { found.append("\(lost) rows of archived files are not in Parquet") }
        if doubled > 0 { found.append("\(doubled) rows are in Parquet too often, or not in the archived files") }
        return found
    }

    private static func rows(_ columns: [ParquetColumnValues]) -> [PlainKPIs.Row] {
        let (users, tracks, times, genres) = (columns[0].texts, columns[1].texts, columns[2].times, columns[3].texts)
        return users.indices.map {
            PlainKPIs.Row(user: users[$0], track: tracks[$0], time: times[$0], genre: genres[$0])
        }
    }
}

extension ParquetColumnValues {
    /// Texts or numbers as they are spelled.
    fileprivate var texts: [String] {
        switch values {
        case .byteArrays(let texts): (0..<texts.count).map { String(decoding: texts[$0], as: UTF8.self) }
        case .int64s(let numbers): numbers.map { "\($0)" }
        default: []
        }
    }

    /// Microseconds since 1970 as `YYYY-MM-DD HH:MM:SS`; all of June 2024.
    fileprivate var times: [String] {
        guard case .int64s(let micros) = values else { return [] }
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let june = Int64(1_717_200_000)
        return micros.map { micros in
            let seconds = micros / 1_000_000 - june
            let rest = seconds % 86_400
            return "2024-06-\(two(seconds / 86_400 + 1)) \(two(rest / 3_600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
        }
    }
}

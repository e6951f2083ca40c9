import CSV
import Clocks
import MusicKPIs
import Parquet
import Storage

/// Passes over one file, each for the days that the earlier ones had no room for.
struct EnrichmentPass {
    struct Day {
        let parquet: ObjectMetadata
        let partial: PartialAggregate
        let rowCount: Int
    }

    private static let microsecondsPerDay: Int64 = 86_400_000_000

    let source: StreamSource
    let songs: Songs
    let users: Users
    let objects: any ObjectStore
    let bucket: String
    private var open: [Int64: DayOutput] = [:]
    private var finished: Set<Int64> = []
    private var postponed: Set<Int64> = []

    init(source: StreamSource, songs: Songs, users: Users, objects: any ObjectStore, bucket: String) {
        self.source = source
        self.songs = songs
        self.users = users
        self.objects = objects
        self.bucket = bucket
    }

    /// Whether there are days that no pass has made yet.
    var hasMore: Bool { !postponed.isEmpty }

    /// Makes one pass.
    ///
    /// - Parameter countsRows: Whether this is the pass that counts; each row counts once.
    mutating func run(_ counts: inout EnrichmentCounts, countsRows: Bool) async throws -> [Day] {
        postponed = []
        do {
            var counted = EnrichmentCounts()
            try await StreamFile.read(source, from: objects) { batch in
                try await add(batch, &counted)
            }
            if countsRows { counts = counted }
            var days: [Day] = []
            for day in open.keys.sorted() {
                guard var output = open[day] else { continue }
                let metadata = try await output.finish()
                days.append(Day(parquet: metadata, partial: partial(output), rowCount: output.rowCount))
                finished.insert(day)
                open[day] = nil
            }
            return days
        } catch {
            for output in open.values { await output.abort() }
            open = [:]
            throw error
        }
    }

    private func partial(_ output: DayOutput) -> PartialAggregate {
        output.builder.partial(
            source: source, date: output.date, trackName: { ByteText(songs.ids[Int($0)]) },
            genreName: { ByteText(songs.genres[Int($0)]) })
    }

    private mutating func add(_ batch: CSVBatch, _ counts: inout EnrichmentCounts) async throws {
        counts.rows += batch.rowCount + batch.defects.count
        counts.bad += batch.defects.count
        var touched: Set<Int64> = []
        for index in 0..<batch.rowCount {
            guard case .success(let row) = StreamRow.check(batch, index) else {
                counts.bad += 1
                continue
            }
            guard let track = songs.number(of: ByteText(batch.columns[1][index])) else {
                counts.unknownTrack += 1
                continue
            }
            let user = users.number(of: row.user)
            if user == nil { counts.unknownUser += 1 }
            let genres = songs.genresOfTrack[Int(track)]
            counts.enriched += genres.count
            let day = Int64((Double(row.time) / Double(EnrichmentPass.microsecondsPerDay)).rounded(.down))
            guard try await isOpen(day) else { continue }
            touched.insert(day)
            let age = user.flatMap { users.ages[Int($0)] }
            let country = user.map { users.countryOfUser[Int($0)] } ?? -1
            for genre in genres { open[day]?.add(row, track: track, genre: genre, age: age, country: country) }
        }
        for day in touched {
            guard var output = open.removeValue(forKey: day) else { continue }
            do {
                try await output.flush()
            } catch {
                await output.abort()
                throw error
            }
            open[day] = output
        }
    }

    /// Opens a day's output unless an earlier pass has made it or this pass has no room for it.
    private mutating func isOpen(_ day: Int64) async throws -> Bool {
        if open[day] != nil { return true }
        if finished.contains(day) { return false }
        guard open.count < Enrichment.openDayLimit else {
            postponed.insert(day)
            return false
        }
        let date = Timestamp(microsecondsSinceEpoch: day * EnrichmentPass.microsecondsPerDay).dateSpelling
        let object = try await objects.openWriter(PipelineNames.parquetKey(source, date: date), in: bucket)
        open[day] = DayOutput(date: date, songs: songs, users: users, object: object)
        return true
    }
}

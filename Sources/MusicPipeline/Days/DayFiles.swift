import Clocks
package import Parquet
package import Storage

/// The Parquet files of one stream file, one a day, written row group by row group.
///
/// So many days may be open at a time; when there are more, those that are open are finished, and what comes later of
/// their days goes to further parts.
package struct DayFiles {
    package struct Written: Sendable {
        package let day: Int32
        package let key: String
        package let byteCount: Int
        package let rowCount: Int
    }

    /// Each is a file being written, perhaps a descriptor.
    static let openFileLimit = 128

    private struct OpenFile {
        let key: String
        let target: any DayFileTarget
        var parquet = ParquetWriter(columns: DayBatch.columns)
        var byteCount = 0

        mutating func write(_ pieces: [[UInt8]]) async throws {
            for piece in pieces {
                try await target.write(piece)
                byteCount += piece.count
            }
        }
    }

    private let openTarget: @Sendable (_ key: String) async throws -> any DayFileTarget
    private let key: @Sendable (_ date: String, _ part: Int) -> String
    private var open: [Int32: OpenFile] = [:]
    private var partCounts: [Int32: Int] = [:]
    package private(set) var written: [Written] = []

    /// - Parameter key: The key of a day's part; parts count from 0.
    package init(
        objects: any ObjectStore, bucket: String, key: @escaping @Sendable (_ date: String, _ part: Int) -> String
    ) {
        self.init(key: key) { key in DayObject(writer: try await objects.openWriter(key, in: bucket)) }
    }

    /// - Parameter open: Opens the file of a key.
    package init(
        key: @escaping @Sendable (_ date: String, _ part: Int) -> String,
        open: @escaping @Sendable (_ key: String) async throws -> any DayFileTarget
    ) {
        openTarget = open
        self.key = key
    }

    /// `YYYY-MM-DD`.
    package static func date(of day: Int32) -> String {
        Timestamp(microsecondsSinceEpoch: Int64(day) * DayRows.microsecondsPerDay).dateSpelling
    }

    package mutating func append(_ group: EncodedRowGroup, day: Int32) async throws {
        if open[day] == nil {
            if open.count >= DayFiles.openFileLimit { try await finish() }
            let part = partCounts[day, default: 0]
            partCounts[day] = part + 1
            let key = key(DayFiles.date(of: day), part)
            open[day] = OpenFile(key: key, target: try await openTarget(key))
        }
        guard var file = open.removeValue(forKey: day) else { return }
        do {
            try file.parquet.append(group)
            try await file.write(file.parquet.takePieces())
        } catch {
            await file.target.abort()
            throw error
        }
        open[day] = file
    }

    /// Finishes all that are open.
    package mutating func finish() async throws {
        for day in open.keys.sorted() {
            guard var file = open.removeValue(forKey: day) else { continue }
            do {
                try file.parquet.finish()
                try await file.write(file.parquet.takePieces())
                try await file.target.finish()
            } catch {
                await file.target.abort()
                throw error
            }
            written.append(
                Written(day: day, key: file.key, byteCount: file.byteCount, rowCount: file.parquet.rowCount))
        }
    }

    /// Drops what is open; parts that are finished stay, and the next try writes the same over them.
    package mutating func abort() async {
        for file in open.values { await file.target.abort() }
        open = [:]
    }
}

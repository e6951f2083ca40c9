import Clocks
package import Parquet
package import Storage

/// The Parquet objects of one stream file, one a day, written row group by row group.
///
/// So many days may be open at a time; when there are more, those that are open become objects, and what comes later of
/// their days goes to further parts.
package struct DayFiles {
    package struct Written: Sendable {
        package let day: Int32
        package let metadata: ObjectMetadata
        package let rowCount: Int
    }

    /// Each is a file being written, perhaps a descriptor.
    static let openFileLimit = 128

    private struct OpenFile {
        var parquet: ParquetWriter
        let object: any ObjectWriter
    }

    private let objects: any ObjectStore
    private let bucket: String
    private let key: @Sendable (_ date: String, _ part: Int) -> String
    private var open: [Int32: OpenFile] = [:]
    private var partCounts: [Int32: Int] = [:]
    package private(set) var written: [Written] = []

    /// - Parameter key: The key of a day's part; parts count from 0.
    package init(
        objects: any ObjectStore, bucket: String, key: @escaping @Sendable (_ date: String, _ part: Int) -> String
    ) {
        self.objects = objects
        self.bucket = bucket
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
            let object = try await objects.openWriter(key(DayFiles.date(of: day), part), in: bucket)
            open[day] = OpenFile(parquet: ParquetWriter(columns: DayBatch.columns), object: object)
        }
        guard var file = open.removeValue(forKey: day) else { return }
        do {
            try file.parquet.append(group)
            try await file.object.write(file.parquet.takeBytes())
        } catch {
            await file.object.abort()
            throw error
        }
        open[day] = file
    }

    /// Makes objects of all that are open.
    package mutating func finish() async throws {
        for day in open.keys.sorted() {
            guard var file = open.removeValue(forKey: day) else { continue }
            do {
                try file.parquet.finish()
                try await file.object.write(file.parquet.takeBytes())
            } catch {
                await file.object.abort()
                throw error
            }
            let metadata = try await file.object.finish(condition: .none)
            written.append(Written(day: day, metadata: metadata, rowCount: file.parquet.rowCount))
        }
    }

    /// Drops what is open; parts that are objects already stay, and the next try writes the same over them.
    package mutating func abort() async {
        for file in open.values { await file.object.abort() }
        open = [:]
    }
}

import Digest
package import MusicKPIs
package import Storage

/// Names of buckets, tables and keys: where everything of the pipeline is.
package struct PipelineNames: Sendable, Hashable {
    package var rawBucket = "rds.data"
    package var trialBucket = "trial.data"
    package var warehouseBucket = "warehouse.bucket"
    package var kpiTable = "kpi.table"
    package var trackerTable = "kpi.table_file_tracker"

    package init() {}

    /// The names that the environment gives (RAW_BUCKET, TRIAL_BUCKET, WAREHOUSE_BUCKET, KPI_TABLE, TRACKER_TABLE), and
    /// the defaults for those it doesn't.
    package init(environment: [String: String]) {
        func name(_ variable: String, _ fallback: String) -> String {
            environment[variable].flatMap { $0.isEmpty ? nil : $0 } ?? fallback
        }
        rawBucket = name("RAW_BUCKET", rawBucket)
        trialBucket = name("TRIAL_BUCKET", trialBucket)
        warehouseBucket = name("WAREHOUSE_BUCKET", warehouseBucket)
        kpiTable = name("KPI_TABLE", kpiTable)
        trackerTable = name("TRACKER_TABLE", trackerTable)
    }

    package var buckets: [String] { [rawBucket, trialBucket, warehouseBucket] }

    /// The index that lists all genres of a day.
    package static let dateIndex = "by-date"

    package var kpiSchema: TableSchema {
        TableSchema(
            name: kpiTable, partitionKey: "pk", sortKey: "sk",
            indexes: [IndexSchema(name: PipelineNames.dateIndex, partitionKey: "date", sortKey: "pk")])
    }
    package var trackerSchema: TableSchema { TableSchema(name: trackerTable, partitionKey: "pk", sortKey: "sk") }

    package static let songsPrefix = "songs/"
    package static let usersPrefix = "users/"

    package static func reportKey(_ source: StreamSource) -> String {
        "validation-reports/\(source.key).\(source.eTag.prefix(8)).json"
    }
    package static func rejectsKey(_ source: StreamSource) -> String {
        "validation-reports/\(source.key).\(source.eTag.prefix(8)).rejects.csv"
    }
    /// - Parameter part: From 0 on; a file over very many days may have several of one day.
    package static func parquetKey(_ source: StreamSource, date: String, part: Int = 0) -> String {
        "processed/date=\(date)/\(source.identifier)\(part > 0 ? "-\(part)" : "").parquet"
    }
    package static func partialPrefix(date: String) -> String { "partials/date=\(date)/" }
    package static func partialKey(_ source: StreamSource, date: String) -> String {
        "\(partialPrefix(date: date))\(source.identifier).partial"
    }
    /// What one file came to: written last, so that its presence says that all of the file's outputs are there.
    package static func summaryKey(_ source: StreamSource) -> String { "partials/files/\(source.identifier).json" }

    /// Where everything is that a file is cut into, until it is put together.
    package static func splitPrefix(_ source: StreamSource) -> String { "partials/split/\(source.identifier)/" }
    /// How the file version is cut: written once, and there before anything else of it is.
    static func splitPlanKey(_ source: StreamSource) -> String { "\(splitPrefix(source))plan.json" }
    static func splitRangesKey(_ source: StreamSource) -> String { "\(splitPrefix(source))ranges.json" }
    static func splitScanKey(_ source: StreamSource, _ index: Int) -> String {
        "\(splitPrefix(source))scans/\(index).json"
    }
    static func splitPartsKey(_ source: StreamSource) -> String { "\(splitPrefix(source))parts.json" }
    static func splitDatesKey(_ source: StreamSource) -> String { "\(splitPrefix(source))dates.json" }
    /// What one part came to: written last, as a file's summary is.
    static func partSummaryKey(_ source: StreamSource, _ index: Int) -> String {
        "\(splitPrefix(source))parts/\(index).json"
    }
    static func partPartialKey(_ source: StreamSource, _ index: Int, date: String) -> String {
        "\(splitPrefix(source))parts/\(index).\(date).partial"
    }
    static func partRejectsKey(_ source: StreamSource, _ index: Int) -> String {
        "\(splitPrefix(source))parts/\(index).rejects.csv"
    }
    /// - Parameter file: From 0 on, as of ``parquetKey(_:date:part:)``.
    static func partParquetKey(_ source: StreamSource, _ index: Int, date: String, file: Int) -> String {
        "\(parquetPrefix(source, date: date))-r\(index)\(file > 0 ? "-\(file)" : "").parquet"
    }
    /// What the keys of all of a file version's Parquet of a day begin with.
    static func parquetPrefix(_ source: StreamSource, date: String) -> String {
        "processed/date=\(date)/\(source.identifier)"
    }
    /// Says that a backfill touched a day.
    package static func backfillDateKey(run: String, date: String) -> String { "backfills/\(run)/dates/\(date)" }

    /// What both references come to, by what they are known by.
    static func snapshotKey(_ identity: [UInt8]) -> String { "references/\(hex(identity[...]).prefix(32)).snapshot" }

    /// Where a file goes: below `folder` under its own key, or with its ETag in the name when another version is there.
    package static func placeKey(_ folder: String, _ source: StreamSource, isTaken: Bool) -> String {
        guard isTaken else { return "\(folder)/\(source.key)" }
        let slash = source.key.lastIndex(of: "/")
        let name = slash.map { source.key[source.key.index(after: $0)...] } ?? source.key[...]
        let path = slash.map { source.key[...$0] } ?? ""
        let dot = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 } ?? name.endIndex
        return "\(folder)/\(path)\(name[..<dot]).\(source.eTag)\(name[dot...])"
    }
}

import Clocks
import FileSystem
import MusicKPIs
import MusicPipeline
import Storage
import TestSupport

/// `turntable etl` on a million rows and on one event's, whole processes, in turns with DuckDB where it is installed and its
/// program is beside the checkout.
enum EtlJob {
    static let runs = 5

    static func measure() async throws -> [Measurement] {
        try await withTemporaryDirectory { folder in
            var all: [Measurement] = []
            for (name, rows) in [("1,000,000 rows", 1_000_000), ("11,000 rows", 11_000)] {
                let input = "\(folder)/\(rows)"
                try await generate(rows: rows, in: input)
                all += try await measure(name, input, output: "\(folder)/out")
            }
            all.append(try await validation(of: FileSystem.readFile("\(folder)/1000000/streams.csv")))
            return all
        }
    }

    /// The check of a stream file that is in memory: no disk, no ETag.
    private static func validation(of bytes: [UInt8]) async throws -> Measurement {
        let objects = InMemoryObjectStore(buckets: ["raw"], clock: SystemClock())
        let eTag = try await objects.put(bytes, as: "f", in: "raw").eTag
        var rates: [Double] = []
        for _ in 0..<(2 * runs) {
            let start = ContinuousClock.now
            let checked = try await StreamValidation(
                StreamSource(bucket: "raw", key: "f", eTag: eTag), from: objects, threads: 2)
            let seconds = Double((ContinuousClock.now - start) / .microseconds(1)) / 1_000_000
            precondition(checked.rowCount == 1_000_000 && checked.badRowCount == 0)
            rates.append(Double(bytes.count) / 1_000_000 / seconds)
        }
        return Measurement(name: "validation alone, two threads", unit: "MB/s", aim: "≥ 1500", samples: rates)
    }

    private static func generate(rows: Int, in folder: String) async throws {
        _ = try await timed(
            "\(Repository.products)/turntable",
            ["generate", "music", "--rows", "\(rows)", "--files", "1", "--days", "1", "--out", folder])
        try FileSystem.rename("\(folder)/streams-2024-06-25.csv", to: "\(folder)/streams.csv")
    }

    private static func measure(_ name: String, _ input: String, output: String) async throws -> [Measurement] {
        let turntable = "\(Repository.products)/turntable"
        let base = ["etl", "--in", input, "--out", output, "--cache"]
        let peer = Repository.shared("bench/peer_duckdb.py")
        let hasDuckDB = try await runProcess(Repository.python, ["-c", "import duckdb"]).status == 0
        var (cold, compiled, counted, ratios): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        _ = try await timed(turntable, base + ["\(output)-cache"])
        for _ in 0..<runs {
            cold.append(try await timed(turntable, base + ["none"]))
            compiled.append(try await timed(turntable, base + ["\(output)-cache"]))
            counted.append(try await timed(turntable, base + ["\(output)-cache", "--kpi-only"]))
            if let peer, hasDuckDB {
                let rival = try await timed(Repository.python, [peer, "--in", input, "--out", "\(output)-duckdb"])
                ratios.append(rival / (cold.last ?? .nan))
            }
        }
        return [
            Measurement(
                name: "etl, \(name), Parquet and KPIs, first time", unit: "ms", aim: "≤ 40 for 11,000:", samples: cold),
            Measurement(name: "  with compiled references", unit: "ms", aim: "≤ 15 for 11,000:", samples: compiled),
            Measurement(name: "  KPIs only, with compiled references", unit: "ms", aim: "", samples: counted),
            Measurement(name: "  DuckDB's time, in ours (first time)", unit: "×", aim: "≥ 5", samples: ratios),
        ]
    }

    /// Milliseconds that a process takes from its start to its end.
    private static func timed(_ program: String, _ arguments: [String]) async throws -> Double {
        let start = ContinuousClock.now
        let finished = try await runProcess(program, arguments, timeout: .seconds(300))
        guard finished.status == 0 else {
            throw NeverHappened(description: "\(arguments): \(finished.errorOutput)")
        }
        return Double((ContinuousClock.now - start) / .microseconds(1)) / 1_000
    }
}

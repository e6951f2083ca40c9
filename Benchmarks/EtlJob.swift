import Clocks
import FileSystem
import MusicKPIs
import MusicPipeline
import Storage
import TestSupport

/// `turntable etl` on one event's rows and on ten million, whole processes, in turns with DuckDB and Polars where they are
/// installed and their programs are beside the checkout; and what it holds in memory, up to thirty million rows.
enum EtlJob {
    static let runs = 5

    static func measure() async throws -> [Measurement] {
        let rivals = try await Rival.installed()
        return try await withTemporaryDirectory { folder in
            var all: [Measurement] = []
            for (name, rows) in [("11,000 rows", 11_000), ("10,000,000 rows", 10_000_000)] {
                let input = "\(folder)/\(rows)"
                try await generate(rows: rows, in: input)
                all += try await measure(name, rows, input, output: "\(folder)/out", rivals)
            }
            all.append(try await peakMemory(of: "10,000,000 rows", "\(folder)/10000000", output: "\(folder)/out"))
            all.append(try await validation(of: FileSystem.readFile("\(folder)/10000000/streams.csv")))
            try FileSystem.removeTree("\(folder)/10000000")
            try await generate(rows: 30_000_000, in: "\(folder)/30000000")
            all.append(try await peakMemory(of: "30,000,000 rows", "\(folder)/30000000", output: "\(folder)/out"))
            return all
        }
    }

    /// The check of a stream file that is in memory: no disk, no ETag.
    private static func validation(of bytes: [UInt8]) async throws -> Measurement {
        let objects = InMemoryObjectStore(buckets: ["raw"], clock: SystemClock())
        let eTag = try await objects.put(bytes, as: "f", in: "raw").eTag
        var rates: [Double] = []
        for _ in 0..<runs {
            let start = ContinuousClock.now
            let checked = try await StreamValidation(
                StreamSource(bucket: "raw", key: "f", eTag: eTag), from: objects, threads: 2)
            let seconds = Double((ContinuousClock.now - start) / .microseconds(1)) / 1_000_000
            precondition(checked.rowCount == 10_000_000 && checked.badRowCount == 0)
            rates.append(Double(bytes.count) / 1_000_000 / seconds)
        }
        return Measurement(name: "validation alone, two threads", unit: "MB/s", aim: "≥ 1500", samples: rates)
    }

    /// The rivals' own generator where it is, as its references are larger; else the project's.
    private static func generate(rows: Int, in folder: String) async throws {
        if let generator = Repository.shared("bench/gen.py"),
            try await runProcess(Repository.python, ["-c", "import numpy"]).status == 0
        {
            _ = try await timed(Repository.python, [generator, "--rows", "\(rows)", "--out", folder])
        } else {
            _ = try await timed(
                "\(Repository.products)/turntable",
                ["generate", "music", "--rows", "\(rows)", "--files", "1", "--days", "7", "--out", folder])
            try FileSystem.rename("\(folder)/streams-2024-06-25.csv", to: "\(folder)/streams.csv")
        }
    }

    private static func measure(
        _ name: String, _ rows: Int, _ input: String, output: String, _ rivals: [Rival]
    ) async throws -> [Measurement] {
        let turntable = "\(Repository.products)/turntable"
        let base = ["etl", "--in", input, "--out", output, "--cache"]
        let isEvent = rows < 1_000_000
        _ = try await timed(turntable, base + ["\(output)-cache"])
        var result: [Measurement] = []
        for isKPIOnly in [false, true] {
            let mode = isKPIOnly ? ["--kpi-only"] : []
            var (cold, compiled, ratios): ([Double], [Double], [Double]) = ([], [], [])
            for _ in 0..<runs {
                try FileSystem.removeTree(output)
                cold.append(try await timed(turntable, base + ["none"] + mode))
                if isEvent { compiled.append(try await timed(turntable, base + ["\(output)-cache"] + mode)) }
                var fastest: Double?
                for rival in rivals {
                    let time = try await timed(
                        Repository.python, [rival.program, "--in", input, "--out", "\(output)-rival"] + mode)
                    fastest = min(fastest ?? time, time)
                }
                if let fastest { ratios.append(fastest / ((isEvent ? compiled : cold).last ?? .nan)) }
            }
            let job = "etl, \(name), \(isKPIOnly ? "KPIs only" : "Parquet and KPIs")"
            result.append(
                Measurement(name: job, unit: "ms", aim: isEvent && !isKPIOnly ? "≤ 40" : "", samples: cold))
            if isEvent {
                result.append(
                    Measurement(
                        name: "  with compiled references", unit: "ms", aim: isKPIOnly ? "" : "≤ 15", samples: compiled)
                )
            }
            let aim = isEvent ? (isKPIOnly ? "" : "≥ 40") : (isKPIOnly ? "≥ 6" : "≥ 5")
            result.append(
                Measurement(name: "  the faster rival's time, in ours", unit: "×", aim: aim, samples: ratios))
        }
        return result
    }

    private static func peakMemory(of name: String, _ input: String, output: String) async throws -> Measurement {
        // A process's own peak, which its parent is told when it ends.
        let script = """
            import resource, subprocess, sys
            subprocess.check_call(sys.argv[1:], stdout=subprocess.DEVNULL)
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            """
        let command = ["\(Repository.products)/turntable", "etl", "--in", input, "--out", output, "--cache", "none"]
        let finished = try await runProcess(
            Repository.python, ["-c", script] + command, timeout: .seconds(300))
        guard let kibibytes = Double(finished.output.trimmingSuffix()) else {
            throw NeverHappened(description: "peak memory: \(finished.errorOutput)")
        }
        return Measurement(
            name: "peak resident memory, etl, \(name)", unit: "MiB", aim: "≤ 200", samples: [kibibytes / 1_024])
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

/// A program that does the same job.
private struct Rival {
    let program: String

    static func installed() async throws -> [Rival] {
        var found: [Rival] = []
        for name in ["duckdb", "polars"] {
            guard let program = Repository.shared("bench/peer_\(name).py"),
                try await runProcess(Repository.python, ["-c", "import \(name)"]).status == 0
            else { continue }
            found.append(Rival(program: program))
        }
        return found
    }
}

extension String {
    fileprivate func trimmingSuffix() -> String { String(prefix { !$0.isNewline }) }
}

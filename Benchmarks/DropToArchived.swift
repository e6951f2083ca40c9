import FileSystem
import TestSupport

/// Drop to archived: an 11,000-row file renamed into the watched bucket of a warm router, until it is in `archive/`.
enum DropToArchived {
    static let runs = 100
    static let rows = 11_000

    static func measure() async throws -> [Measurement] {
        try await withTemporaryDirectory { folder in
            let input = "\(folder)/input"
            let generated = try await runProcess(
                "\(Repository.products)/turntable",
                [
                    "generate", "music", "--rows", "\(rows)", "--files", "1", "--days", "1", "--seed", "1", "--out", input,
                ])
            guard generated.status == 0 else { throw NeverHappened(description: "input: \(generated.errorOutput)") }
            let router = try BenchmarkRouter(data: "\(folder)/data")
            try await router.waitUntilReady()
            let bucket = "\(router.data)/buckets/rds.data"
            for kind in ["songs", "users", "streams"] { try FileSystem.createDirectories("\(bucket)/\(kind)") }
            try FileSystem.copyFile("\(input)/songs.csv", to: "\(bucket)/songs/songs.csv")
            try FileSystem.copyFile("\(input)/users.csv", to: "\(bucket)/users/users.csv")
            let streams = try FileSystem.readFile("\(input)/streams-2024-06-25.csv")
            var samples: [Double] = []
            for run in 0..<(runs + 5) {
                // A blank line more a file: other content, the same rows.
                try FileSystem.writeFileAtomically(
                    "\(folder)/next.csv", streams + [UInt8](repeating: UInt8(ascii: "\n"), count: run))
                let start = ContinuousClock.now
                try FileSystem.rename("\(folder)/next.csv", to: "\(bucket)/streams/f\(run).csv")
                let archived = "\(bucket)/archive/streams/f\(run).csv"
                while try FileSystem.status(archived) == nil {
                    guard ContinuousClock.now - start < .seconds(30) else {
                        throw NeverHappened(description: "f\(run).csv in archive/: \(router.process.errorOutput)")
                    }
                    try await Task.sleep(for: .microseconds(200))
                }
                // The first runs start the functions' processes and read the references.
                if run >= 5 { samples.append(Double((ContinuousClock.now - start) / .microseconds(1)) / 1_000) }
            }
            try await router.stop()
            return [Measurement(name: "drop to archived, \(rows) rows, warm", unit: "ms", aim: "≤ 50", samples: samples)]
        }
    }
}

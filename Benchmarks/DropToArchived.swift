import FileSystem
import TestSupport

/// Drop to archived: an 11,000-row file renamed into the watched bucket of a warm router, until it is in `archive/`.
enum DropToArchived {
    static let runs = 100
    static let rows = 11_000
    static let warmUps = 5

    static func measure() async throws -> [Measurement] {
        try await withTemporaryDirectory { folder in
            let input = "\(folder)/input"
            let generated = try await runProcess(
                "\(Repository.products)/turntable",
                [
                    "generate", "music", "--rows", "\(rows)", "--files", "\(runs + warmUps)", "--days",
                    "\(runs + warmUps)", "--seed", "1", "--out", input,
                ])
            guard generated.status == 0 else { throw NeverHappened(description: "input: \(generated.errorOutput)") }
            let router = try BenchmarkRouter(data: "\(folder)/data")
            try await router.waitUntilReady()
            let bucket = "\(router.data)/buckets/rds.data"
            for kind in ["songs", "users", "streams"] { try FileSystem.createDirectories("\(bucket)/\(kind)") }
            try FileSystem.copyFile("\(input)/songs.csv", to: "\(bucket)/songs/songs.csv")
            try FileSystem.copyFile("\(input)/users.csv", to: "\(bucket)/users/users.csv")
            let names = try FileSystem.list(input).filter { $0.hasPrefix("streams-") }
            var samples: [Double] = []
            // A file a day, as producers send them: each merge is of one partial.
            for (run, name) in names.enumerated() {
                try FileSystem.copyFile("\(input)/\(name)", to: "\(folder)/next.csv")
                let start = ContinuousClock.now
                try FileSystem.rename("\(folder)/next.csv", to: "\(bucket)/streams/\(name)")
                let archived = "\(bucket)/archive/streams/\(name)"
                while try FileSystem.status(archived) == nil {
                    guard ContinuousClock.now - start < .seconds(30) else {
                        throw NeverHappened(description: "\(name) in archive/: \(router.process.errorOutput)")
                    }
                    try await Task.sleep(for: .microseconds(200))
                }
                // The first runs start the functions' processes and read the references.
                if run >= warmUps { samples.append(Double((ContinuousClock.now - start) / .microseconds(1)) / 1_000) }
            }
            try await router.stop()
            return [
                Measurement(name: "drop to archived, \(rows) rows, warm", unit: "ms", aim: "≤ 50", samples: samples)
            ]
        }
    }
}

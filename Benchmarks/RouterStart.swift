import FileSystem
import Glibc
import TestSupport

/// Router start to `ready` on an empty data folder, and its resident memory when it then has nothing to do.
enum RouterStart {
    static let runs = 20

    static func measure() async throws -> [Measurement] {
        var starts: [Double] = []
        var memory: [Double] = []
        for _ in 0..<runs {
            try await withTemporaryDirectory { folder in
                let start = ContinuousClock.now
                let router = try BenchmarkRouter(data: "\(folder)/data")
                try await router.waitUntilReady()
                starts.append(Double((ContinuousClock.now - start) / .microseconds(1)) / 1_000)
                memory.append(try router.residentMegabytes())
                try await router.stop()
            }
        }
        return [
            Measurement(name: "router start to ready", unit: "ms", aim: "≤ 50", samples: starts),
            Measurement(name: "router resident memory, idle", unit: "MB", aim: "≤ 20", samples: memory),
        ]
    }
}

/// A release router with the project's template.
struct BenchmarkRouter {
    let data: String
    let process: LivingProcess

    init(data: String) throws {
        self.data = data
        process = try LivingProcess(
            "\(Repository.products)/turntable",
            ["serve", "--port", "0", "--data", data, "--template", "\(Repository.root)/infra/template.yaml"])
    }

    func waitUntilReady() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !process.output.contains("ready ") {
            guard process.isRunning, ContinuousClock.now < deadline else {
                throw NeverHappened(description: "a router that is ready: \(process.errorOutput)")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func residentMegabytes() throws -> Double {
        let status = String(decoding: try FileSystem.readFile("/proc/\(process.identifier)/status"), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Double($0) }.map { $0 / 1_024 } ?? .nan
    }

    func stop() async throws {
        process.signal(SIGTERM)
        _ = try await process.waitForEnd()
    }
}

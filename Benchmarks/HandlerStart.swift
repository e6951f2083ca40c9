import Glibc
import HTTPServer
import Synchronization
import TestSupport

/// Handler start to first `next`: the part of a cold start that is ours. Not measured: Lambda's own work.
enum HandlerStart {
    static let runs = 50

    static func measure() async throws -> [Measurement] {
        var result: [Measurement] = []
        for function in ["validate-file", "etl", "write-kpis", "archive"] {
            var samples: [Double] = []
            for run in 0...runs {
                let sample = try await one(function)
                // The first run reads the executable from the disk.
                if run > 0 { samples.append(sample) }
            }
            result.append(
                Measurement(name: "handler start to first next: \(function)", unit: "ms", aim: "≤ 6", samples: samples))
        }
        return result
    }

    private static func one(_ function: String) async throws -> Double {
        let arrived = Mutex<ContinuousClock.Instant?>(nil)
        let server = try HTTPServer(limits: HTTPLimits()) { _ in
            arrived.withLock { if $0 == nil { $0 = .now } }
            try? await Task.sleep(for: .seconds(60))
            return HTTPResponse(status: 500, headers: [:], body: [])
        }
        let port = try server.listen(port: 0)
        let start = ContinuousClock.now
        let process = try LivingProcess(
            "\(Repository.products)/\(function)", [],
            environment: [
                "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(port)", "TURNTABLE_DATA": "/tmp",
                "AWS_LAMBDA_FUNCTION_NAME": function,
            ])
        let instant = try await eventually("a first next of \(function)") { arrived.withLock { $0 } }
        process.signal(SIGKILL)
        _ = try await process.waitForEnd()
        await server.shutdown(grace: .zero)
        return Double((instant - start) / .microseconds(1)) / 1_000
    }
}

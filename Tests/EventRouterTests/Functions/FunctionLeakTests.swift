import FileSystem
import Glibc
import JSON
import TestSupport
import Testing

@testable import EventRouter

@Suite("Pools that come and go")
struct FunctionLeakTests {
    /// The names in /proc/self/fd, without the listing's own.
    private static func openDescriptorCount() throws -> Int { try FileSystem.list("/proc/self/fd").count }

    /// In a process of its own, where no other test opens anything.
    @Test("leave no descriptor, no child and no zombie behind")
    func leaks() async {
        await #expect(processExitsWith: .success) {
            func cycle() async throws {
                try await PythonFunction.withPool(timeout: .seconds(2), concurrency: 3) { function in
                    await withTaskGroup { group in
                        let modes = ["echo", "crash", "exit0", "context", "answer-then-exit", "echo"]
                        for mode in modes { group.addTask { _ = await function.invoke(["mode": .string(mode)]) } }
                    }
                }
            }
            // The first one opens what stays, such as the concurrency library's own.
            try await cycle()
            let before = try FunctionLeakTests.openDescriptorCount()
            for _ in 0..<2 { try await cycle() }
            // Loops close theirs on their own threads, soon after the shutdown.
            for _ in 0..<100_000 where try FunctionLeakTests.openDescriptorCount() > before { await Task.yield() }
            let after = try FunctionLeakTests.openDescriptorCount()
            guard after <= before else {
                print("\(before) descriptors before, \(after) after")
                exit(1)
            }
            // ECHILD: not one child, running or waiting to be reaped.
            guard waitpid(-1, nil, WNOHANG) == -1, errno == ECHILD else { exit(2) }
            exit(0)
        }
    }
}

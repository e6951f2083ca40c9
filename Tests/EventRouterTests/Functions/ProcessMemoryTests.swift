import Glibc
import TestSupport
import Testing

@testable import EventRouter

@Suite("A process's memory")
struct ProcessMemoryTests {
    /// A child whose exec is under way shows its parent's memory: a router above a function's limit would kill it.
    @Test("memory of a process that still has its parent's program does not count as its own")
    func startingProcess() async throws {
        #expect(ProcessMemory.isStillStarting(getpid()))
        let other = try LivingProcess("/bin/sleep", ["60"])
        try await eventually("a program of its own") { ProcessMemory.isStillStarting(other.identifier) ? nil : () }
        #expect((1..<(64 << 20)).contains(ProcessMemory.residentByteCount(of: other.identifier)))
        #expect(ProcessMemory.residentByteCount(of: 0) == 0)
    }
}

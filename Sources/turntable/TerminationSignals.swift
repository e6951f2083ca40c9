import CLinux
import Glibc
import HTTPServer
import Synchronization

/// SIGTERM and SIGINT as something to wait for. A second SIGINT ends the process at once.
final class TerminationSignals: Sendable {
    /// The end of the pipe that the signals' handler writes to; -1 before there is one.
    private static let writeEnd = Atomic<Int32>(-1)
    private static let count = Atomic<Int>(0)

    private let loop: DescriptorLoop
    private let readEnd: Int32
    private let state = Mutex<(hasCome: Bool, waiter: CheckedContinuation<Void, Never>?)>((false, nil))

    /// Takes over both signals for the process.
    init() throws {
        var ends: [Int32] = [-1, -1]
        guard unsafe turntable_pipe(&ends) == 0 else { throw CommandError("no pipe for signals: errno \(errno)") }
        readEnd = ends[0]
        Self.writeEnd.store(ends[1], ordering: .sequentiallyConsistent)
        loop = try DescriptorLoop(name: "signals")
        for number in [SIGTERM, SIGINT] {
            // Only what is safe in a handler: an atomic counter, write(2) and _exit(2).
            signal(number) { number in
                if number == SIGINT, TerminationSignals.count.add(1, ordering: .relaxed).newValue > 1 { _exit(130) }
                var byte: UInt8 = 1
                unsafe write(TerminationSignals.writeEnd.load(ordering: .relaxed), &byte, 1)
            }
        }
        _ = loop.add(readEnd, for: .readable) { [weak self] _ in self?.signalled() }
    }

    deinit {
        loop.stop()
        close(readEnd)
    }

    private func signalled() {
        var bytes: [UInt8] = [0, 0, 0, 0]
        _ = unsafe read(readEnd, &bytes, bytes.count)
        let waiter = state.withLock { state in
            state.hasCome = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns once a signal has come, or when the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.hasCome { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.hasCome = true
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }

    /// Does something that is cancelled when a signal comes.
    ///
    /// - Throws: ``CommandError`` after a signal; what `body` throws.
    static func cancelling<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let signals = try TerminationSignals()
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                await signals.wait()
                return nil
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() ?? nil else {
                throw CommandError("ended by a signal before it was done")
            }
            return result
        }
    }
}

import Glibc
import Synchronization

/// Threads for calls that block, so that a slow disk or a lock holds up none of the tasks that run elsewhere.
///
/// Threads start as they are needed and end with the pool.
final class BlockingThreads: Sendable {
    private let queue: WorkQueue

    init(maximumThreadCount: Int) { queue = WorkQueue(maximumThreadCount: maximumThreadCount) }

    deinit { queue.stop() }

    /// Runs `work` on one of the threads and returns its result.
    ///
    /// - Throws: `CancellationError` at once when the task is cancelled while the work still waits for a thread; work that
    ///   runs is told by its ``Cancellation`` and ends as it sees fit.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable (Cancellation) throws -> Value
    ) async throws -> Value {
        let job = Job(work)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if job.prepare(continuation) { queue.append { job.run() } }
            }
        } onCancel: {
            job.cancel()
        }
    }
}

/// Tells running work that nobody waits for it any more.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isRequested: Bool { flag.load(ordering: .acquiring) }

    func request() { flag.store(true, ordering: .releasing) }

    func check() throws(CancellationError) {
        if isRequested { throw CancellationError() }
    }
}

/// One piece of work. Whoever takes the continuation out, the thread or the cancellation, resumes it.
private final class Job<Value: Sendable>: Sendable {
    private let work: @Sendable (Cancellation) throws -> Value
    private let cancellation = Cancellation()
    private let continuation = Mutex<CheckedContinuation<Value, any Error>?>(nil)

    init(_ work: @escaping @Sendable (Cancellation) throws -> Value) { self.work = work }

    private func take() -> CheckedContinuation<Value, any Error>? {
        continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
    }

    /// Keeps the continuation; false when the task was cancelled before, and the continuation has been resumed.
    func prepare(_ new: CheckedContinuation<Value, any Error>) -> Bool {
        continuation.withLock { $0 = new }
        if !cancellation.isRequested { return true }
        take()?.resume(throwing: CancellationError())
        return false
    }

    func run() {
        guard let continuation = take() else { return }
        continuation.resume(with: Result { try work(cancellation) })
    }

    func cancel() {
        cancellation.request()
        take()?.resume(throwing: CancellationError())
    }
}

/// What waits for the threads; outlives its pool until the threads have ended.
private final class WorkQueue: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var threadCount = 0
        var idleCount = 0
        var isStopped = false
    }

    private let maximumThreadCount: Int
    private let state = Mutex(State())
    private let available = Semaphore()

    init(maximumThreadCount: Int) { self.maximumThreadCount = maximumThreadCount }

    func append(_ work: @escaping @Sendable () -> Void) {
        let needsThread = state.withLock { state in
            state.waiting.append(work)
            guard state.waiting.count > state.idleCount, state.threadCount < maximumThreadCount else { return false }
            state.threadCount += 1
            return true
        }
        if needsThread, !startThread() {
            // Without a single thread nobody else would do it.
            let isAlone = state.withLock { state in
                state.threadCount -= 1
                return state.threadCount == 0
            }
            if isAlone { takeNext()?() } else { available.signal() }
        } else {
            available.signal()
        }
    }

    func stop() {
        let threadCount = state.withLock { state in
            state.isStopped = true
            return state.threadCount
        }
        for _ in 0..<threadCount { available.signal() }
    }

    private func takeNext() -> (@Sendable () -> Void)? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    private func startThread() -> Bool {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self)
        let result = unsafe pthread_create(
            &thread, nil,
            { context in
                // SAFETY: the one reference that was retained for this thread.
                if let context = unsafe context {
                    unsafe Unmanaged<WorkQueue>.fromOpaque(context).takeRetainedValue().work()
                }
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            unsafe context.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private func work() {
        while true {
            state.withLock { $0.idleCount += 1 }
            available.wait()
            state.withLock { $0.idleCount -= 1 }
            if let work = takeNext() {
                work()
            } else if state.withLock({ $0.isStopped }) {
                return
            }
        }
    }
}

/// A POSIX semaphore.
@safe private final class Semaphore: Sendable {
    // SAFETY: the allocation lives as long as this object, never moves, and is used by sem_ calls alone, which are made
    // for several threads.
    private nonisolated(unsafe) let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        unsafe semaphore = .allocate(capacity: 1)
        unsafe sem_init(semaphore, 0, 0)
    }

    deinit {
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    func signal() { unsafe sem_post(semaphore) }

    func wait() { while unsafe sem_wait(semaphore) != 0 {} }
}

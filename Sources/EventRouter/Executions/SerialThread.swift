import CLinux
import Glibc
import Synchronization

/// A thread that runs the jobs of an actor one after the other: for calls that block.
///
/// An actor keeps one and returns it as its executor; the pool that runs all other tasks is then never held up by a
/// disk or the kernel. The thread ends after its last job when the owner lets go of it.
package final class SerialThread: SerialExecutor {
    private let queue: JobQueue

    /// Starts the thread.
    ///
    /// - Parameter name: As debuggers show it; the kernel keeps 15 bytes.
    package init(name: String) {
        let queue = JobQueue(name: name)
        self.queue = queue
        queue.start()
    }

    deinit { queue.stop() }

    package func enqueue(_ job: consuming ExecutorJob) {
        unsafe queue.append(UnownedJob(job), executor: asUnownedSerialExecutor())
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
}

/// What waits for a ``SerialThread``; outlives it until the thread has ended.
private final class JobQueue: Sendable {
    // SAFETY: the runtime keeps a job and its executor alive until the job has run, and each entry is run once.
    @safe private struct Entry {
        let job: UnownedJob
        let executor: UnownedSerialExecutor
    }

    private struct State {
        var entries: [Entry] = []
        var isStopped = false
    }

    private let name: String
    private let state = Mutex(State())
    private let available = CountingSemaphore()

    init(name: String) { self.name = name }

    func append(_ job: UnownedJob, executor: UnownedSerialExecutor) {
        let entry = unsafe Entry(job: job, executor: executor)
        state.withLock { $0.entries.append(entry) }
        available.signal()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        available.signal()
    }

    func start() {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let result = unsafe pthread_create(
            &thread, nil,
            { context in
                if let context = unsafe context {
                    let queue = unsafe Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue()
                    queue.run()
                }
                return nil
            }, context)
        precondition(result == 0, "no thread could be started: \(result)")
        pthread_detach(thread)
    }

    private func run() {
        unsafe turntable_name_thread(name)
        while true {
            available.wait()
            let (entries, isStopped) = state.withLock { state in
                defer { state.entries.removeAll(keepingCapacity: true) }
                return (state.entries, state.isStopped)
            }
            for entry in entries { unsafe entry.job.runSynchronously(on: entry.executor) }
            if isStopped, state.withLock({ $0.entries.isEmpty }) { return }
        }
    }
}

/// A POSIX semaphore.
@safe private final class CountingSemaphore: Sendable {
    // SAFETY: the allocation lives as long as this object, is never moved, and is touched by sem_ calls alone, which
    // are made for several threads.
    nonisolated(unsafe) private let semaphore: UnsafeMutablePointer<sem_t>

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

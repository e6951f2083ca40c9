import CLinux
import Glibc
import Synchronization

/// One thread that waits for descriptors, deadlines and handed-in work, and runs a closure for each.
///
/// Closures run one after another on that thread and must not block. The thread lives, and keeps the loop alive, until
/// ``stop()``; it is the thread to start child processes on that shall die with this process.
package final class DescriptorLoop: Sendable {
    /// What a descriptor is watched for; the values are the kernel's.
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let readable = Readiness(rawValue: 0x001)
        package static let error = Readiness(rawValue: 0x008)
        package static let hangUp = Readiness(rawValue: 0x010)
        /// The other side of a socket has closed it, or its writing half.
        package static let peerClosed = Readiness(rawValue: 0x2000)
        /// Reported once, then no more until added again.
        package static let once = Readiness(rawValue: 1 << 30)
    }

    /// A watched descriptor or a timer; never used twice.
    package struct Token: Hashable, Sendable {
        let number: UInt64
    }

    private struct Timer {
        var token: Token
        var deadline: ContinuousClock.Instant
        var action: @Sendable () -> Void
    }

    private struct State {
        var nextNumber: UInt64 = 1
        var watched: [Token: @Sendable (Readiness) -> Void] = [:]
        /// By deadline, the earliest last.
        var timers: [Timer] = []
        var work: [@Sendable () -> Void] = []
        var isStopped = false
        var isClosed = false
    }

    private let epoll: Int32
    private let wake: Int32
    private let state = Mutex(State())

    /// Starts the thread.
    ///
    /// - Throws: ``HTTPServerError`` with code `.startFailed` when the process is out of descriptors or threads.
    package init(name: String) throws(HTTPServerError) {
        epoll = turntable_epoll_create()
        wake = turntable_eventfd()
        guard epoll >= 0, wake >= 0, turntable_epoll_add(epoll, wake, Readiness.readable.rawValue, 0) == 0 else {
            let reason = errno
            if epoll >= 0 { close(epoll) }
            if wake >= 0 { close(wake) }
            throw HTTPServerError(
                code: .startFailed, port: 0,
                detail: "could not start the event loop \(name): errno \(reason); the limit of open files "
                    + "(ulimit -n) may be reached")
        }
        var thread = pthread_t()
        let start = unsafe Unmanaged.passRetained(Start(loop: self, name: name))
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                // SAFETY: the pointer is the retained `Start` given to pthread_create below, consumed here once.
                let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                unsafe turntable_name_thread(start.name)
                turntable_block_sigpipe()
                start.loop.run()
                return nil
            }, start.toOpaque())
        guard status == 0 else {
            unsafe start.release()
            close(epoll)
            close(wake)
            throw HTTPServerError(
                code: .startFailed, port: 0, detail: "could not start the thread \(name): errno \(status)")
        }
        pthread_detach(thread)
    }

    /// Calls `action` on the loop's thread whenever `descriptor` is ready.
    ///
    /// The caller keeps the descriptor open until it has removed it.
    /// - Returns: nil when the kernel refuses the descriptor or the loop has stopped.
    package func add(
        _ descriptor: Int32, for readiness: Readiness, action: @escaping @Sendable (Readiness) -> Void
    ) -> Token? {
        state.withLock { state in
            guard !state.isStopped else { return nil }
            let token = Token(number: state.nextNumber)
            guard turntable_epoll_add(epoll, descriptor, readiness.rawValue, token.number) == 0 else { return nil }
            state.nextNumber += 1
            state.watched[token] = action
            return token
        }
    }

    /// Ends the watch on `descriptor`; a call of its action that has begun on the loop's thread still ends.
    package func remove(_ token: Token, _ descriptor: Int32) {
        state.withLock { state in
            guard state.watched.removeValue(forKey: token) != nil else { return }
            _ = turntable_epoll_remove(epoll, descriptor)
        }
    }

    /// Calls `action` on the loop's thread once, after `delay` of real time.
    @discardableResult
    package func schedule(after delay: Duration, action: @escaping @Sendable () -> Void) -> Token {
        let deadline = ContinuousClock.now + delay
        return state.withLock { state in
            let token = Token(number: state.nextNumber)
            state.nextNumber += 1
            let index = state.timers.firstIndex { $0.deadline <= deadline } ?? state.timers.endIndex
            state.timers.insert(Timer(token: token, deadline: deadline, action: action), at: index)
            if index == state.timers.endIndex - 1 { wakeUp(state) }
            return token
        }
    }

    /// Takes a timer back; nothing happens when it has fired.
    package func cancel(_ timer: Token) {
        state.withLock { state in
            if let index = state.timers.firstIndex(where: { $0.token == timer }) { state.timers.remove(at: index) }
        }
    }

    /// Calls `action` on the loop's thread soon, after all that was handed in before; never when the loop has stopped.
    ///
    /// - Returns: Whether the loop took it.
    @discardableResult
    package func perform(_ action: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard !state.isStopped else { return false }
            state.work.append(action)
            if state.work.count == 1 { wakeUp(state) }
            return true
        }
    }

    /// Lets the thread end once the work handed in so far is done. What is watched stays open: its owners close it.
    package func stop() {
        state.withLock { state in
            state.isStopped = true
            wakeUp(state)
        }
    }

    /// Takes the state to show that the lock is held: after the end, the number may be another file's.
    private func wakeUp(_ state: borrowing State) {
        guard !state.isClosed else { return }
        var one: UInt64 = 1
        unsafe _ = write(wake, &one, 8)
    }

    private func run() {
        let capacity = Int(TURNTABLE_EPOLL_BATCH)
        var tokens = [UInt64](repeating: 0, count: capacity)
        var events = [UInt32](repeating: 0, count: capacity)
        while true {
            let (work, isStopped, timeout) = state.withLock { state in
                let work = state.work
                state.work = []
                return (work, state.isStopped, DescriptorLoop.milliseconds(until: state.timers.last?.deadline))
            }
            for action in work { action() }
            if isStopped { break }
            // SAFETY: both arrays have TURNTABLE_EPOLL_BATCH elements, the most that the call fills.
            let count = unsafe turntable_epoll_wait(epoll, &tokens, &events, work.isEmpty ? timeout : 0)
            for index in 0..<max(0, Int(count)) {
                if tokens[index] == 0 {
                    var counter: UInt64 = 0
                    unsafe _ = read(wake, &counter, 8)
                    continue
                }
                let action = state.withLock { $0.watched[Token(number: tokens[index])] }
                action?(Readiness(rawValue: events[index]))
            }
            while let action = takeDueTimer() { action() }
        }
        state.withLock { state in
            state.isClosed = true
            state.watched = [:]
            state.timers = []
            close(epoll)
            close(wake)
        }
    }

    private func takeDueTimer() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard let first = state.timers.last, first.deadline <= .now else { return nil }
            return state.timers.removeLast().action
        }
    }

    /// The time to wait in epoll's unit, rounded up: -1 without a deadline.
    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let (seconds, attoseconds) = (deadline - .now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        return Int32(seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    private final class Start: Sendable {
        let loop: DescriptorLoop
        let name: String

        init(loop: DescriptorLoop, name: String) {
            self.loop = loop
            self.name = name
        }
    }
}

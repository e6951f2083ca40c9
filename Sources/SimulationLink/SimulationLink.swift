package import Clocks
import Glibc
package import JSON
import Synchronization

/// A function's connection to the simulator that runs it: it brings events and the time, and holds the function before and
/// after everything that others can see, until the simulator lets it go on, has it fail, or kills it.
///
/// The simulator hands over one end of a socket pair, whose number is in the variable ``variableName``. Each message is a length
/// of four bytes, the lowest first, and so many bytes of JSON. Calls wait for each other: there is one thing under way at a
/// time. When the other end is gone the process ends at once, with status 1.
package final class SimulationLink: Sendable {
    package static let variableName = "TURNTABLE_SIMULATION"
    /// Bytes of one message at most: an event of 6 MB, spelled as a JSON string.
    package static let maximumByteCount = 64 << 20

    /// The connection of this process; nil where no simulator runs it.
    package static let ofProcess: SimulationLink? = {
        guard let text = unsafe getenv(variableName).map({ unsafe String(cString: $0) }), let descriptor = Int32(text)
        else { return nil }
        // A process that the function starts is none of the simulator's.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return SimulationLink(descriptor: descriptor)
    }()

    private struct State {
        var now = Timestamp(microsecondsSinceEpoch: 0)
        var random: UInt64 = 0
    }

    private let descriptor: Int32
    private let exchange = Mutex(())
    private let state = Mutex(State())

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// The simulator's time when it last said something.
    package var now: Timestamp { state.withLock { $0.now } }

    /// The next of the numbers that the invocation's seed gives.
    func nextRandom() -> UInt64 {
        state.withLock { state in
            state.random &+= 0x9E37_79B9_7F4A_7C15
            var value = state.random
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    // MARK: - Invocations

    /// Waits for an event.
    package func next() -> JSONValue {
        let message = ask(["kind": "next"])
        if let seed = message["seed"]?.stringValue.flatMap({ UInt64($0) }) { state.withLock { $0.random = seed } }
        return message
    }

    /// Hands the answer of an invocation over.
    package func answer(_ payload: String, isError: Bool) {
        _ = ask(["kind": "answer", "payload": .string(payload), "error": .bool(isError)])
    }

    /// Says that the function can't start.
    package func failStart(_ report: String) { _ = ask(["kind": "start-failed", "payload": .string(report)]) }

    // MARK: - Acts

    /// Where in an act the function is held.
    package enum Moment: String, Sendable {
        case before
        /// Prepared, and not yet to be seen by others.
        case during
        case after
    }

    /// What the simulator makes of an act.
    package enum Verdict: String, Sendable {
        case go
        /// The store asks for fewer requests.
        case throttled
        /// The store failed; whether the act was done is not known.
        case failed
        /// No space is left.
        case full
    }

    /// Holds the calling thread until the simulator decides.
    ///
    /// - Parameters:
    ///   - act: What is about to be done or was done, such as `put`.
    ///   - place: What it is done to, such as `bucket/key`.
    package func hold(_ moment: Moment, _ act: String, _ place: String, isWrite: Bool) -> Verdict {
        let message = ask([
            "kind": "act", "moment": .string(moment.rawValue), "act": .string(act), "place": .string(place),
            "write": .bool(isWrite),
        ])
        return message["verdict"]?.stringValue.flatMap(Verdict.init) ?? .go
    }

    /// Returns when the simulator's time has come to `deadline`.
    func sleep(until deadline: Timestamp) {
        _ = ask(["kind": "sleep", "until": .int(Int(deadline.microsecondsSinceEpoch))])
    }

    // MARK: - The wire

    private func ask(_ question: JSONValue) -> JSONValue {
        exchange.withLock { _ in
            guard SimulationWire.send(question, to: descriptor), let answer = SimulationWire.receive(from: descriptor)
            else { _exit(1) }
            if let now = answer["now"]?.intValue {
                state.withLock { $0.now = Timestamp(microsecondsSinceEpoch: Int64(now)) }
            }
            return answer
        }
    }
}

/// Messages on a socket, as both sides spell them.
package enum SimulationWire {
    /// - Returns: False when the other end is gone.
    package static func send(_ message: JSONValue, to descriptor: Int32) -> Bool {
        let body = message.bytes()
        let count = UInt32(body.count)
        let bytes = [UInt8(count & 255), UInt8(count >> 8 & 255), UInt8(count >> 16 & 255), UInt8(count >> 24)] + body
        var sent = 0
        while sent < bytes.count {
            let written = unsafe bytes.span.withUnsafeBytes { buffer in
                // SAFETY: the range is inside the buffer, which outlives the call.
                unsafe Glibc.send(descriptor, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return false }
            sent += written
        }
        return true
    }

    /// - Returns: Nil when the other end is gone, or sends what is no message.
    package static func receive(from descriptor: Int32) -> JSONValue? {
        guard let head = read(4, from: descriptor) else { return nil }
        let count = Int(head[0]) | Int(head[1]) << 8 | Int(head[2]) << 16 | Int(head[3]) << 24
        guard count <= SimulationLink.maximumByteCount, let body = read(count, from: descriptor) else { return nil }
        return try? JSONValue(parsing: body)
    }

    private static func read(_ count: Int, from descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var taken = 0
        while taken < count {
            var span = bytes.mutableSpan
            let got = unsafe span.withUnsafeMutableBytes { buffer in
                // SAFETY: the range is inside the buffer, which outlives the call.
                unsafe recv(descriptor, buffer.baseAddress! + taken, count - taken, 0)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { return nil }
            taken += got
        }
        return bytes
    }
}

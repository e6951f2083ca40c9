import Glibc
import Synchronization

/// Where finished lines go.
public protocol LogSink: Sendable {
    /// Takes one line, without the newline that ends it; returns when it is handed over.
    func write(_ line: [UInt8])
}

/// Writes each line to a descriptor of the process in one call, so that lines of several threads never mix.
///
/// What can't be written is dropped: a closed log must not end the work.
public final class DescriptorLogSink: LogSink {
    public static let standardError = DescriptorLogSink(descriptor: STDERR_FILENO)
    public static let standardOutput = DescriptorLogSink(descriptor: STDOUT_FILENO)

    /// Held for the rest of a line that the system took only a part of, as pipes do with long ones.
    private let descriptor: Mutex<Int32>

    init(descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    public func write(_ line: [UInt8]) {
        descriptor.withLock { descriptor in _ = DescriptorLogSink.writeAll(line + [0x0A], to: descriptor) }
    }

    /// Writes all of `bytes`; the system's error number when that fails.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if length >= 0 {
                rest = rest.dropFirst(length)
            } else if errno == EAGAIN {
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&entry, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}

/// Keeps lines in memory, for tests.
public final class LogBuffer: LogSink {
    private let stored = Mutex<[String]>([])

    public init() {}

    public func write(_ line: [UInt8]) { stored.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }

    /// The lines so far.
    public var lines: [String] { stored.withLock { $0 } }
}

import CLinux
import Glibc
import JSON
import SimulationLink

/// A function's process at the other end of a socket.
///
/// Made, used and ended on one thread: the kernel ends the process with the thread that started it.
final class HandlerProcess {
    let number: Int
    let function: String
    private let process: pid_t
    private let descriptor: Int32
    private var hasEnded = false

    /// Real time after which a function that says nothing counts as hanging.
    static let patience = 30

    /// - Throws: ``SimulationError`` when it can't be started.
    init(
        number: Int, function: String, path: String, environment: [String: String], folder: String, log: Int32
    ) throws(SimulationError) {
        self.number = number
        self.function = function
        var ends: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw SimulationError("no socket for \(function): \(errno)")
        }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        var wait = timeval(tv_sec: HandlerProcess.patience, tv_usec: 0)
        unsafe setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let started = unsafe CStrings.with([path]) { arguments in
            unsafe CStrings.with(variables) {
                // SAFETY: the vectors end with NULL and outlive the call, which copies what it keeps.
                unsafe turntable_spawn(path, arguments, $0, folder, ends[1], log)
            }
        }
        let reason = errno
        close(ends[1])
        guard started > 0 else {
            close(ends[0])
            throw SimulationError("\(function) could not be started from \(path): error \(reason); run 'make build'")
        }
        process = started
        descriptor = ends[0]
    }

    deinit { kill() }

    /// - Returns: False when the process is gone.
    func send(_ message: JSONValue) -> Bool { SimulationWire.send(message, to: descriptor) }

    /// Waits for what the process says next; nil when it has ended or hangs.
    func receive() -> JSONValue? { SimulationWire.receive(from: descriptor) }

    /// Ends the process as SIGKILL does.
    func kill() {
        guard !hasEnded else { return }
        hasEnded = true
        _ = Glibc.kill(-process, SIGKILL)
        _ = waitpid(process, nil, 0)
        close(descriptor)
    }
}

/// Why a world could not be simulated: no fault of the pipeline's.
package struct SimulationError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

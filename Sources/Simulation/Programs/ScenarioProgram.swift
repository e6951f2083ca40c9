import CLinux
import Glibc

/// A program of the user's that a simulation runs to its end.
enum ScenarioProgram {
    struct Run {
        /// The exit status; 128 and more for a signal, as shells count.
        var status: Int32
        /// Standard output and error, up to ``outputLimit`` bytes.
        var output: String
    }

    static let outputLimit = 1 << 20
    /// Seconds without a byte of output after which it is ended.
    static let patience: Int32 = 120

    /// - Throws: ``SimulationError`` when it can't be started or says nothing for ``patience`` seconds.
    static func run(_ path: String, _ arguments: [String], in folder: String) throws(SimulationError) -> Run {
        var ends: [Int32] = [-1, -1]
        guard unsafe turntable_pipe(&ends) == 0 else { throw SimulationError("no pipe for \(path): errno \(errno)") }
        defer { close(ends[0]) }
        // What a child gets must not close on exec; it is given to it as its standard output.
        let process = unsafe CStrings.with([path] + arguments) { arguments in
            // SAFETY: the vectors end with NULL and outlive the call, which copies what it keeps.
            unsafe turntable_spawn(path, arguments, environ, folder, -1, ends[1])
        }
        let reason = errno
        close(ends[1])
        guard process > 0 else {
            throw SimulationError(
                "\(path) could not be started: errno \(reason); Metadata.Turntable.Simulation names it, and it must be executable"
            )
        }
        var output: [UInt8] = []
        var isSilent = false
        reading: while true {
            var wait = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            let ready = unsafe poll(&wait, 1, patience * 1_000)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else {
                isSilent = true
                break
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe read(ends[0], &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break reading }
            output += buffer.prefix(min(count, outputLimit - output.count))
        }
        if isSilent { _ = kill(-process, SIGKILL) }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard !isSilent else { throw SimulationError("\(path) said nothing for \(patience) s and was ended") }
        let signal = turntable_exit_signal(status)
        return Run(
            status: signal > 0 ? 128 + signal : turntable_exit_code(status),
            output: String(decoding: output, as: UTF8.self))
    }
}

/// Vectors of C strings, as `execve` takes them.
enum CStrings {
    static func with<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = unsafe strings.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
    }
}

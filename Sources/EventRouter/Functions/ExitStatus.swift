/// How a process ended, in the words that Lambda reports it in (those of Go's `os.ProcessState`).
enum ExitStatus: Hashable, Sendable {
    case exited(code: Int32)
    case signalled(Int32)

    /// The sentence of an error message: `Runtime exited with error: signal: killed`.
    var runtimeError: String {
        switch self {
        case .exited(code: 0): "Runtime exited without providing a reason"
        case .exited(let code): "Runtime exited with error: exit status \(code)"
        case .signalled(let number):
            "Runtime exited with error: signal: \(ExitStatus.signalNames[number] ?? "signal \(number)")"
        }
    }

    private static let signalNames: [Int32: String] = [
        1: "hangup", 2: "interrupt", 3: "quit", 4: "illegal instruction", 5: "trace/breakpoint trap", 6: "aborted",
        7: "bus error", 8: "floating point exception", 9: "killed", 10: "user defined signal 1",
        11: "segmentation fault", 12: "user defined signal 2", 13: "broken pipe", 14: "alarm clock", 15: "terminated",
        24: "CPU time limit exceeded", 25: "file size limit exceeded", 31: "bad system call",
    ]
}

import Glibc

/// What a command says: results on standard output, everything else on standard error.
enum Console {
    /// Prints a line of the command's result.
    static func print(_ line: String) { write(line + "\n", to: 1) }
    /// Prints text as it is.
    static func write(_ text: String) { write(text, to: 1) }
    /// Prints a remark that is no result.
    static func note(_ line: String) { write(line + "\n", to: 2) }

    /// Writes past the standard library's buffers, so that lines of several processes keep their order; a reader that
    /// has gone away ends the command as `head` expects it to.
    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                exit(errno == EPIPE ? 0 : 1)
            }
            rest = rest.dropFirst(count)
        }
    }
}

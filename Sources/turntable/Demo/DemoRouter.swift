import CLinux
import FileSystem
import Glibc

/// A router in a process of its own, as a user would start it; its output goes to a file in the data folder.
final class DemoRouter: Sendable {
    private let process: pid_t
    private let outputPath: String

    /// Starts `turntable serve` on a free port.
    init(executable: String, data: String, template: String) throws {
        outputPath = "\(data)/router.out"
        let output = try File(outputPath, .write)
        let words = [executable, "serve", "--port", "0", "--data", data, "--template", template]
        process = try DemoRouter.spawn(words, output: output.descriptor)
    }

    private static func spawn(_ words: [String], output: Int32) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 2)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, words[0], &actions, nil, &arguments, environ)
        guard code == 0 else { throw FileSystemError(code: code, operation: "start", path: words[0]) }
        return process
    }

    /// Everything the router has printed.
    var output: String {
        String(decoding: (try? FileSystem.readFile(outputPath, maximumByteCount: 16 << 20)) ?? [], as: UTF8.self)
    }

    /// The router's address once it is ready, nil before.
    ///
    /// - Throws: ``CommandError`` with the router's own words when it has ended.
    func address() throws -> String? {
        var status: Int32 = 0
        if unsafe waitpid(process, &status, WNOHANG) == process {
            throw CommandError("the router did not start:\n\(output)")
        }
        return output.split(separator: "\n").first { $0.hasPrefix("ready ") }.map { String($0.dropFirst(6)) }
    }

    /// Ends the router as Ctrl-C does, and waits for its end.
    ///
    /// - Returns: Whether it ended with status 0.
    func stop() -> Bool {
        var status: Int32 = 0
        kill(process, SIGTERM)
        while unsafe waitpid(process, &status, 0) == -1, errno == EINTR {}
        return status == 0
    }
}

import FileSystem
import Glibc

/// Makes an empty folder, gives its path to `body`, and removes it with all that is in it, whatever `body` did.
public func withTemporaryDirectory<Result>(
    _ body: (String) async throws -> Result
) async throws -> Result {
    let path = try makeTemporaryDirectory()
    defer { try? FileSystem.removeTree(path) }
    return try await body(path)
}

/// Makes an empty folder that the caller removes.
public func makeTemporaryDirectory() throws -> String {
    let parent = ProcessEnvironment["TMPDIR"] ?? "/tmp"
    let name = "turntable-test-\(getpid())-\(UInt64.random(in: .min ... .max))"
    try FileSystem.createDirectories("\(parent)/\(name)")
    return try FileSystem.realPath("\(parent)/\(name)")
}

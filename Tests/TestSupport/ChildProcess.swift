import FileSystem
import Foundation

/// A program that ran to its end.
public struct FinishedProcess: Sendable {
    /// The exit status, or 128 + the signal that ended it.
    public let status: Int32
    public let output: String
    public let errorOutput: String
}

/// A program that could not be started, or did not end in time.
public struct ChildProcessError: Error, CustomStringConvertible {
    public let description: String
}

/// Runs a program to its end and returns all it printed.
///
/// - Parameters:
///   - input: What the program finds on its standard input; then the input ends.
///   - environment: Variables set on top of the tests' own.
///   - timeout: After which the program is killed and an error thrown.
public func runProcess(
    _ executable: String, _ arguments: [String] = [], input: String = "", environment: [String: String] = [:],
    directory: String? = nil, timeout: Duration = .seconds(120)
) async throws -> FinishedProcess {
    let folder = try makeTemporaryDirectory()
    defer { try? FileSystem.removeTree(folder) }
    // Files rather than pipes: nothing blocks however much a program prints.
    try FileSystem.writeFileAtomically("\(folder)/in", Array(input.utf8))
    try FileSystem.writeFileAtomically("\(folder)/out", [])
    try FileSystem.writeFileAtomically("\(folder)/err", [])

    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable.contains("/") ? executable : "/usr/bin/env")
    process.arguments = executable.contains("/") ? arguments : [executable] + arguments
    process.environment = ProcessEnvironment.all.merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    guard let standardInput = FileHandle(forReadingAtPath: "\(folder)/in"),
        let output = FileHandle(forWritingAtPath: "\(folder)/out"),
        let errorOutput = FileHandle(forWritingAtPath: "\(folder)/err")
    else { throw ChildProcessError(description: "could not open the files of a process in \(folder)") }
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = errorOutput

    let watchdog = Task {
        try await Task.sleep(for: timeout)
        kill(process.processIdentifier, SIGKILL)
    }
    let status: Int32 = try await withCheckedThrowingContinuation { continuation in
        process.terminationHandler = { finished in
            let isSignal = finished.terminationReason == .uncaughtSignal
            continuation.resume(returning: finished.terminationStatus + (isSignal ? 128 : 0))
        }
        do {
            try process.run()
        } catch {
            process.terminationHandler = nil
            continuation.resume(throwing: error)
        }
    }
    watchdog.cancel()
    if case .success = await watchdog.result {
        throw ChildProcessError(description: "\(executable) \(arguments) took over \(timeout) and was killed")
    }
    return FinishedProcess(
        status: status,
        output: String(decoding: try FileSystem.readFile("\(folder)/out"), as: UTF8.self),
        errorOutput: String(decoding: try FileSystem.readFile("\(folder)/err"), as: UTF8.self))
}

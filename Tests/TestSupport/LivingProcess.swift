import FileSystem
import Foundation

/// A program that runs beside a test, with its output in files, ended when the test is done with it.
public final class LivingProcess: @unchecked Sendable {
    // `process` is only started, signalled and waited for; Foundation guards those by itself.
    private let process = Process()
    private let folder: String
    public let arguments: [String]

    /// Starts the program.
    public init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil
    ) throws {
        folder = try makeTemporaryDirectory()
        self.arguments = arguments
        for name in ["out", "err"] { try FileSystem.writeFileAtomically("\(folder)/\(name)", []) }
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessEnvironment.all.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: "\(folder)/out")
        process.standardError = FileHandle(forWritingAtPath: "\(folder)/err")
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileSystem.removeTree(folder)
    }

    public var identifier: Int32 { process.processIdentifier }
    public var isRunning: Bool { process.isRunning }
    public var output: String { text("out") }
    public var errorOutput: String { text("err") }

    private func text(_ name: String) -> String {
        String(decoding: (try? FileSystem.readFile("\(folder)/\(name)")) ?? [], as: UTF8.self)
    }

    public func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for the program's end.
    ///
    /// - Returns: The exit status, or 128 + the signal that ended it.
    public func waitForEnd(timeout: Duration = .seconds(60)) async throws -> Int32 {
        try await eventually("the end of \(arguments)", timeout: timeout) { process.isRunning ? nil : () }
        return process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
    }
}

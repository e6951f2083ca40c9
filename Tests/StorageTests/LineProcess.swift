import Foundation

/// A program that one talks to line by line.
final class LineProcess: @unchecked Sendable {
    // Used by one test, which makes one call after the other.
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ executable: String, _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [executable] + arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// The next line, or nil when the program has ended.
    func readLine() -> String? {
        var line: [UInt8] = []
        while let byte = try? output.fileHandleForReading.read(upToCount: 1)?.first {
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return nil
    }

    /// Sends an empty line and waits for the end.
    func end() {
        input.fileHandleForWriting.write(Data([10]))
        process.waitUntilExit()
    }
}

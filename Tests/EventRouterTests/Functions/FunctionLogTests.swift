import Clocks
import FileSystem
import JSON
import TestSupport
import Testing

@testable import EventRouter

@Suite("A function's log")
struct FunctionLogTests {
    private func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }
    private func content(_ path: String) -> String? { (try? FileSystem.readFile(path)).map(text) }
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("is written in whole lines, the last one ended")
    func lines() {
        var log = InvocationLog()
        #expect(text(log.receive(bytes("one\ntw"))) == "one\n")
        #expect(text(log.receive(bytes("o"))) == "")
        #expect(text(log.receive(bytes("\nthree\nfour"))) == "two\nthree\n")
        #expect(text(log.platform("END\n")) == "four\nEND\n")
        #expect(text(log.finish()) == "")
        #expect(text(log.tail) == "one\ntwo\nthree\nfour\nEND\n")
    }

    @Test("splits a line that has no end, and keeps no more than that in memory")
    func longLine() {
        var log = InvocationLog()
        let part = [UInt8](repeating: 0x61, count: 40_000)
        #expect(log.receive(part[...]).isEmpty)
        #expect(log.receive(part[...]).count == 80_000)
        #expect(log.tail.count == FunctionLog.tailByteCount)
    }

    @Test("has a limit for each invocation, beyond which lines are counted")
    func limit() {
        var log = InvocationLog(fileByteLimit: 10)
        #expect(text(log.receive(bytes("123456\n"))) == "123456\n")
        #expect(text(log.receive(bytes("7890\n"))) == "")
        #expect(text(log.receive(bytes("x\n"))) == "")
        #expect(text(log.finish()) == "turntable: truncated 7 bytes of this invocation's output\n")
        #expect(text(log.tail).hasPrefix("123456\n7890\nx\n"))
    }

    @Test("moves a file that has grown large aside")
    func rotates() async throws {
        try await withTemporaryDirectory { folder in
            let log = FunctionLog(path: "\(folder)/logs/f.log", rotationByteCount: 10)
            for number in 0..<5 { log.append(Array("line \(number)\n".utf8)) }
            #expect(content("\(folder)/logs/f.log") == "line 4\n")
            #expect(content("\(folder)/logs/f.log.1") == "line 2\nline 3\n")
            // Another one goes on where the first has stopped.
            FunctionLog(path: "\(folder)/logs/f.log").append(Array("line 5\n".utf8))
            #expect(content("\(folder)/logs/f.log") == "line 4\nline 5\n")
        }
    }

    @Test("that can't be written says how much was lost when it can be again")
    func unwritable() async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/logs", [])
            let log = FunctionLog(path: "\(folder)/logs/f.log")
            log.append(Array("lost\n".utf8))
            _ = try FileSystem.removeFile("\(folder)/logs")
            log.append(Array("kept\n".utf8))
            #expect(
                content("\(folder)/logs/f.log")
                    == "turntable: 5 bytes of output were lost: they could not be written\nkept\n")
        }
    }

    @Test("has Lambda's lines as text")
    func platformText() {
        let log = PlatformLog(format: .text)
        let time = Timestamp(millisecondsSinceEpoch: 0)
        #expect(log.start(requestID: "id", at: time) == "START RequestId: id Version: $LATEST\n")
        var report = PlatformLog.Report(
            requestID: "id", duration: .microseconds(3_054), billedDuration: .milliseconds(4), memoryMB: 128,
            maxMemoryUsedMB: 9, initDuration: .microseconds(100_999), status: .success)
        #expect(
            log.end(report, message: nil, at: time)
                == "END RequestId: id\nREPORT RequestId: id\tDuration: 3.05 ms\tBilled Duration: 4 ms\t"
                + "Memory Size: 128 MB\tMax Memory Used: 9 MB\tInit Duration: 101.00 ms\n")
        report.initDuration = nil
        report.status = .timeout
        #expect(
            log.end(report, message: "Task timed out after 3.00 seconds", at: time)
                == "1970-01-01T00:00:00.000Z id Task timed out after 3.00 seconds\n\nEND RequestId: id\n"
                + "REPORT RequestId: id\tDuration: 3.05 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\t"
                + "Max Memory Used: 9 MB\tStatus: timeout\n")
    }

    @Test("has Lambda's lines as JSON")
    func platformJSON() async throws {
        try await PythonFunction.withPool(logFormat: .json) { function in
            let result = await function.invoke(["mode": "crash"], requestID: "r-1")
            let lines = result.tail.split(separator: "\n").compactMap { try? JSONValue(parsing: Array($0.utf8)) }
            #expect(lines.map { $0["type"]?.stringValue } == ["platform.start", "platform.report"])
            #expect(lines.last?["record"]?["requestId"] == "r-1")
            #expect(lines.last?["record"]?["status"] == "error")
            #expect(lines.last?["record"]?["errorType"] == "Runtime.ExitError")
            #expect(lines.last?["record"]?["metrics"]?["memorySizeMB"] == 256)
        }
    }
}

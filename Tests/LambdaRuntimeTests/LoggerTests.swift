import Clocks
import FileSystem
import JSON
import TestSupport
import Testing

@testable import LambdaRuntime

extension RuntimeTests {
    @Suite("Log lines")
    struct LoggerTests {
        static let clock = ManualClock(now: Timestamp(iso8601: "2024-06-25T10:00:00.123Z")!)

        @Test("A line is one JSON object in a fixed order, whatever is in the message")
        func json() throws {
            let sink = LogBuffer()
            let logger = Logger(clock: Self.clock, sink: sink).for(requestID: "id-1").with(["file": "a.csv"])
            logger.info("two\nlines \"quoted\"\u{0}", ["rows": 3, "file": "b.csv"])
            #expect(
                sink.lines == [
                    #"{"timestamp":"2024-06-25T10:00:00.123Z","level":"INFO","message":"two\nlines \"quoted\"\u0000","requestId":"id-1","file":"b.csv","rows":3}"#
                ])
        }

        @Test("A field can't replace what each line has")
        func reservedNames() throws {
            let sink = LogBuffer()
            Logger(clock: Self.clock, sink: sink).error(
                "m", ["level": "mine", "message": 1, "timestamp": nil, "requestId": "r"])
            let line = try JSONValue(parsing: sink.lines[0])
            #expect(line["level"] == "ERROR" && line["message"] == "m" && line["requestId"] == nil)
            #expect(
                line["level_"] == "mine" && line["message_"] == 1 && line["timestamp_"] == .null
                    && line["requestId_"] == "r")
        }

        @Test(
            "Only levels from the logger's own on are written, and others are not even made",
            arguments: LogLevel.allCases)
        func levels(level: LogLevel) {
            let sink = LogBuffer()
            var madeCount = 0
            func message() -> String {
                madeCount += 1
                return "m"
            }
            let logger = Logger(level: level, clock: Self.clock, sink: sink)
            logger.trace(message())
            logger.debug(message())
            logger.info(message())
            logger.warn(message())
            logger.error(message())
            logger.fatal(message())
            let expected = LogLevel.allCases.drop { $0 != level }
            #expect(sink.lines.count == expected.count)
            #expect(madeCount == expected.count)
            for (line, level) in zip(sink.lines, expected) { #expect(line.contains("\"level\":\"\(level.rawValue)\"")) }
        }

        @Test(
            "The variables choose level and format; others are warned of",
            arguments: [
                (nil, nil, LogLevel.info, Logger.Format.json, 0), ("DEBUG", "JSON", .debug, .json, 0),
                ("warn", "Text", .warn, .text, 0),
                ("FATAL", "text", .fatal, .text, 0), ("", "", .info, .json, 0), ("LOUD", "XML", .info, .json, 2),
            ] as [(String?, String?, LogLevel, Logger.Format, Int)])
        func variables(
            level: String?, format: String?, expected: LogLevel, expectedFormat: Logger.Format, warnings: Int
        ) {
            let sink = LogBuffer()
            var variables: [String: String] = [:]
            variables["AWS_LAMBDA_LOG_LEVEL"] = level
            variables["AWS_LAMBDA_LOG_FORMAT"] = format
            let logger = LambdaEnvironment(variables: variables, clock: Self.clock, sink: sink).logger
            #expect(logger.level == expected)
            #expect(logger.format == expectedFormat)
            #expect(sink.lines.count == warnings)
        }

        @Test("Text lines stay lines")
        func text() {
            let sink = LogBuffer()
            let logger = Logger(format: .text, clock: Self.clock, sink: sink)
            logger.warn("a\nb\tc", ["x": "y"])
            logger.for(requestID: "id-1").info("d")
            #expect(
                sink.lines == [
                    "2024-06-25T10:00:00.123Z\t-\tWARN\ta\\nb\\tc\t{\"x\":\"y\"}",
                    "2024-06-25T10:00:00.123Z\tid-1\tINFO\td",
                ])
        }

        @Test(
            "A line is at most 256 KB, and says so when it was cut", arguments: ["x", "\u{1}", "🎵"],
            [Logger.Format.json, .text])
        func lineLimit(unit: String, format: Logger.Format) throws {
            let sink = LogBuffer()
            let logger = Logger(format: format, clock: Self.clock, sink: sink).for(requestID: "id-1")
            logger.info(String(repeating: unit, count: 300_000), ["a": 1])
            logger.info("short", ["a": .string(String(repeating: unit, count: 300_000))])
            for line in sink.lines {
                #expect(line.utf8.count < Logger.maximumLineByteCount)
                #expect(line.contains("truncated") && !line.contains("\n") && line.contains("id-1"))
                if format == .json { #expect(try JSONValue(parsing: line)["truncated"] == true) }
            }
            #expect(sink.lines[1].contains("short"))
        }

        @Test(
            "A text is cut between characters",
            arguments: [
                ("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc..."), ("äöü", 6, "äöü"), ("äöüx", 6, "ä..."),
                ("🎵🎵", 7, "🎵..."), ("🎵🎵", 6, "..."),
            ])
        func cut(text: String, count: Int, expected: String) { #expect(text.cut(toByteCount: count) == expected) }

        @Test("Lines of many threads don't mix, in a file as in a pipe's buffer")
        func manyThreads() async throws {
            try await withTemporaryDirectory { folder in
                let file = try File("\(folder)/log", .append)
                let sink = DescriptorLogSink(descriptor: file.descriptor)
                await withTaskGroup(of: Void.self) { group in
                    for task in 0..<8 {
                        group.addTask {
                            let logger = Logger(clock: Self.clock, sink: sink)
                            for _ in 0..<50 { logger.info(String(repeating: String(task), count: 9_000)) }
                        }
                    }
                }
                let lines = String(decoding: try FileSystem.readFile("\(folder)/log"), as: UTF8.self).split(
                    separator: "\n")
                #expect(lines.count == 400)
                for line in lines {
                    let message = try #require(try JSONValue(parsing: String(line))["message"]?.stringValue)
                    #expect(message.count == 9_000 && Set(message).count == 1)
                }
            }
        }

        @Test("A descriptor that can't be written is no failure")
        func closedDescriptor() { DescriptorLogSink(descriptor: -1).write([1]) }
    }
}

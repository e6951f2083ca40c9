public import Clocks
public import JSON

/// Writes structured lines: one JSON object each, with `timestamp`, `level`, `message`, `requestId` and what is added.
///
/// `AWS_LAMBDA_LOG_LEVEL` (TRACE, DEBUG, INFO, WARN, ERROR, FATAL; INFO if unset) says from which level on lines are
/// written, `AWS_LAMBDA_LOG_FORMAT` (JSON, Text; JSON if unset) how. All lines go to standard error, which Lambda
/// collects as it does standard output and which locally leaves standard output to the result.
public struct Logger: Sendable {
    public enum Format: String, Sendable {
        case json = "JSON"
        /// Timestamp, request id, level, message and fields, separated by tabs.
        case text = "Text"
    }

    /// Bytes of one line with its newline; Lambda's own limit. Longer lines lose their fields and the end of the
    /// message and say `"truncated": true`.
    public static let maximumLineByteCount = 256 << 10
    /// What is kept of the message then: escaped, a byte can become six.
    private static let truncatedMessageByteCount = 32 << 10

    public let level: LogLevel
    public let format: Format
    private let clock: any WallClock
    private let sink: any LogSink
    private var requestID: String?
    private var fields: JSONObject = [:]

    public init(level: LogLevel = .info, format: Format = .json, clock: any WallClock, sink: any LogSink) {
        self.level = level
        self.format = format
        self.clock = clock
        self.sink = sink
    }

    /// Takes level and format from the variables; a value that is none of those known is warned of and not used.
    init(variables: [String: String], clock: any WallClock, sink: any LogSink) {
        let levelName = variables["AWS_LAMBDA_LOG_LEVEL"] ?? ""
        let formatName = variables["AWS_LAMBDA_LOG_FORMAT"] ?? ""
        let level = LogLevel(rawValue: levelName.uppercased())
        let format = [Format.json, .text].first { $0.rawValue.lowercased() == formatName.lowercased() }
        self.init(level: level ?? .info, format: format ?? .json, clock: clock, sink: sink)
        if level == nil, !levelName.isEmpty {
            warn(
                "AWS_LAMBDA_LOG_LEVEL is none of TRACE, DEBUG, INFO, WARN, ERROR, FATAL; INFO is used",
                ["value": .string(levelName)])
        }
        if format == nil, !formatName.isEmpty {
            warn("AWS_LAMBDA_LOG_FORMAT is neither JSON nor Text; JSON is used", ["value": .string(formatName)])
        }
    }

    /// A logger that puts these fields on each line, after those it has.
    public func with(_ fields: JSONObject) -> Logger {
        var logger = self
        for (name, value) in fields { logger.fields[name] = value }
        return logger
    }

    func `for`(requestID: String) -> Logger {
        var logger = self
        logger.requestID = requestID
        return logger
    }

    /// Writes one line if `level` is at or over the logger's; message and fields are not made otherwise.
    ///
    /// - Parameter fields: Members of the line. One named as the line's own gets `_` after its name.
    public func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = [:]
    ) {
        guard level >= self.level else { return }
        let message = message()
        var all = self.fields
        for (name, value) in fields() { all[name] = value }
        let time = clock.now.iso8601
        var bytes = line(level, message, all, time: time, isTruncated: false)
        if bytes.count >= Logger.maximumLineByteCount {
            bytes = line(
                level, message.cut(toByteCount: Logger.truncatedMessageByteCount), [:], time: time, isTruncated: true)
        }
        sink.write(bytes)
    }

    public func trace(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = [:]) {
        log(.trace, message(), fields())
    }
    public func debug(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = [:]) {
        log(.debug, message(), fields())
    }
    public func info(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = [:]) {
        log(.info, message(), fields())
    }
    public func warn(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = [:]) {
        log(.warn, message(), fields())
    }
    public func error(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = [:]) {
        log(.error, message(), fields())
    }
    public func fatal(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> JSONObject = [:]) {
        log(.fatal, message(), fields())
    }

    private func line(
        _ level: LogLevel, _ message: String, _ fields: JSONObject, time: String, isTruncated: Bool
    ) -> [UInt8] {
        switch format {
        case .json:
            var object: JSONObject = [
                "timestamp": .string(time), "level": .string(level.rawValue), "message": .string(message),
            ]
            object["requestId"] = requestID.map(JSONValue.string)
            if isTruncated { object["truncated"] = true }
            for (name, value) in fields {
                let isTaken = ["timestamp", "level", "message", "requestId", "truncated"].contains(name)
                object[isTaken ? name + "_" : name] = value
            }
            return JSONValue.object(object).bytes()
        case .text:
            // JSON's escapes keep a newline or a tab of the message from ending the line or its column.
            let escaped = JSONValue.string(message).text().dropFirst().dropLast()
            var text = "\(time)\t\(requestID ?? "-")\t\(level.rawValue)\t\(escaped)"
            if !fields.isEmpty { text += "\t" + JSONValue.object(fields).text() }
            if isTruncated { text += "\t(truncated)" }
            return Array(text.utf8)
        }
    }
}

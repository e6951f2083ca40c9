import Clocks
import JSON

/// The lines that Lambda adds to a function's log, as text or as JSON (`platform.*`).
struct PlatformLog {
    enum Status: Hashable {
        case success
        /// The function reported an error itself.
        case functionError(type: String)
        /// Lambda found the error.
        case error(type: String)
        case timeout

        var name: String {
            switch self {
            case .success: "success"
            case .functionError: "error"
            case .error: "error"
            case .timeout: "timeout"
            }
        }
        var errorType: String? {
            switch self {
            case .functionError(let type), .error(let type): type
            case .success, .timeout: nil
            }
        }
    }

    struct Report {
        var requestID: String
        var duration: Duration
        var billedDuration: Duration
        var memoryMB: Int
        var maxMemoryUsedMB: Int
        var initDuration: Duration?
        var status: Status
    }

    var format: FunctionConfiguration.LogFormat

    func start(requestID: String, at time: Timestamp) -> String {
        switch format {
        case .text: "START RequestId: \(requestID) Version: \(FunctionConfiguration.version)\n"
        case .json:
            line(
                "platform.start", at: time,
                ["requestId": .string(requestID), "version": .string(FunctionConfiguration.version)])
        }
    }

    /// - Parameter message: What went wrong, without the request id; nil after an answer.
    func end(_ report: Report, message: String?, at time: Timestamp) -> String {
        let id = report.requestID
        guard format == .text else { return endAsJSON(report, at: time) }
        var text = ""
        switch (report.status, message) {
        case (.timeout, let message?): text += "\(time.iso8601) \(id) \(message)\n\n"
        case (.error, let message?): text += "RequestId: \(id) Error: \(message)\n\(FunctionErrorType.exit)\n"
        default: break
        }
        text += "END RequestId: \(id)\nREPORT RequestId: \(id)\tDuration: \(hundredths(report.duration)) ms\t"
        text += "Billed Duration: \(Int(report.billedDuration.inMilliseconds)) ms\t"
        text += "Memory Size: \(report.memoryMB) MB\tMax Memory Used: \(report.maxMemoryUsedMB) MB"
        if let initDuration = report.initDuration { text += "\tInit Duration: \(hundredths(initDuration)) ms" }
        switch report.status {
        case .timeout: text += "\tStatus: timeout"
        case .error(let type): text += "\tStatus: error\tError Type: \(type)"
        case .success, .functionError: break
        }
        return text + "\n"
    }

    /// The line after a start that failed.
    func failedInit(duration: Duration, phase: String, status: Status, at time: Timestamp) -> String {
        switch format {
        case .text:
            return "INIT_REPORT Init Duration: \(hundredths(duration)) ms\tPhase: \(phase)\tStatus: \(status.name)"
                + (status.errorType.map { "\tError Type: \($0)" } ?? "") + "\n"
        case .json:
            var record: JSONObject = [
                "initializationType": "on-demand", "phase": .string(phase), "status": .string(status.name),
                "metrics": ["durationMs": .double(duration.inMilliseconds)],
            ]
            if let type = status.errorType { record["errorType"] = .string(type) }
            return line("platform.initReport", at: time, record)
        }
    }

    private func endAsJSON(_ report: Report, at time: Timestamp) -> String {
        var metrics: JSONObject = [
            "durationMs": .double(report.duration.inMilliseconds),
            "billedDurationMs": .int(Int(report.billedDuration.inMilliseconds)),
            "memorySizeMB": .int(report.memoryMB), "maxMemoryUsedMB": .int(report.maxMemoryUsedMB),
        ]
        if let initDuration = report.initDuration { metrics["initDurationMs"] = .double(initDuration.inMilliseconds) }
        var record: JSONObject = [
            "requestId": .string(report.requestID), "metrics": .object(metrics), "status": .string(report.status.name),
        ]
        if let type = report.status.errorType { record["errorType"] = .string(type) }
        return line("platform.report", at: time, record)
    }

    private func line(_ type: String, at time: Timestamp, _ record: JSONObject) -> String {
        JSONValue.object(["time": .string(time.iso8601), "type": .string(type), "record": .object(record)]).text()
            + "\n"
    }

    private func hundredths(_ duration: Duration) -> String { PlatformLog.hundredths(duration.inMilliseconds) }

    /// Two digits after the point, as in `3.00`.
    static func hundredths(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let fraction = String(hundredths % 100)
        return "\(hundredths / 100).\(fraction.count < 2 ? "0" : "")\(fraction)"
    }
}

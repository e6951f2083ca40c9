import Clocks
import JSON

/// A history for people: one event a line, with the time since the start and what matters of the details.
enum HistoryText {
    /// Characters of an error's cause that a line shows.
    static let causeLimit = 160

    static func table(_ events: [JSONValue]) -> TextTable {
        let start = events.first.flatMap(time)
        let rows = events.map { event in
            let since = time(event).flatMap { time in start.map { seconds(time - $0) } } ?? ""
            return [
                event["id"]?.numberValue?.spelling ?? "", since, event["type"]?.stringValue ?? "", remark(event),
            ]
        }
        return TextTable(rows, header: ["ID", "SECONDS", "EVENT", "WHAT"], rightAligned: [0, 1])
    }

    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = Int(duration.inMilliseconds)
        let fraction = String(1_000 + milliseconds % 1_000).dropFirst()
        return "\(milliseconds / 1_000).\(fraction)"
    }

    /// AWS gives a time as seconds since 1970 or in ISO 8601.
    private static func time(_ event: JSONValue) -> Timestamp? {
        switch event["timestamp"] {
        case .string(let text)?: Timestamp(iso8601: text)
        case .number(let number)?: Timestamp(secondsSinceEpoch: number.double)
        default: nil
        }
    }

    /// The state's or function's name, a map run's ARN, or the error and its cause.
    private static func remark(_ event: JSONValue) -> String {
        guard let details = event.objectValue?.first(where: { $0.key.hasSuffix("EventDetails") })?.value else {
            return ""
        }
        if let error = details["error"]?.stringValue {
            let cause = details["cause"]?.stringValue ?? ""
            let shown = cause.count > causeLimit ? cause.prefix(causeLimit) + "…" : cause[...]
            return shown.isEmpty ? error : "\(error): \(shown.map { $0 == "\n" ? " " : String($0) }.joined())"
        }
        return details["name"]?.stringValue ?? details["resource"]?.stringValue ?? details["mapRunArn"]?.stringValue
            ?? ""
    }
}

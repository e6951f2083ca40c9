package import Clocks

/// When a schedule fires: `rate(...)`, `cron(...)` or `at(...)`, in UTC.
///
/// The forms are those of EventBridge ("Schedule types in EventBridge Scheduler"). Other time zones than UTC are not
/// known here.
package struct ScheduleExpression: Sendable, Hashable {
    private enum Form: Sendable, Hashable {
        case rate(Duration)
        case cron(CronExpression)
        case at(Timestamp)
    }

    /// The text it was made of.
    package let spelling: String
    private let form: Form

    package init(_ spelling: String) throws(DeliveryError) {
        self.spelling = spelling
        guard let open = spelling.firstIndex(of: "("), spelling.hasSuffix(")") else {
            throw DeliveryError(
                code: .unknownForm, detail: "\"\(spelling)\" is none of rate(...), cron(...) and at(...)")
        }
        let body = String(spelling[spelling.index(after: open)...].dropLast())
        switch spelling[..<open] {
        case "rate": form = .rate(try ScheduleExpression.rate(body))
        case "cron": form = .cron(try CronExpression(body))
        case "at":
            // A local time without a zone; a blank or a zone is not allowed.
            guard body.utf8.count == 19, body.contains("T"), let time = Timestamp(iso8601: body + "Z") else {
                throw DeliveryError(code: .invalidTime, detail: "at takes a time such as at(2024-06-25T10:00:00)")
            }
            form = .at(time)
        default:
            throw DeliveryError(
                code: .unknownForm, detail: "\"\(spelling)\" is none of rate(...), cron(...) and at(...)")
        }
    }

    /// Whether it fires once only.
    package var isOneTime: Bool { if case .at = form { true } else { false } }

    /// The first time it fires later than `time`, or nil when it never does again.
    ///
    /// - Parameter start: From when a rate counts; it fires first one interval after it.
    package func next(after time: Timestamp, from start: Timestamp) -> Timestamp? {
        switch form {
        case .at(let moment): return moment > time ? moment : nil
        case .cron(let cron): return cron.next(after: time)
        case .rate(let interval):
            let step = interval.microseconds
            let elapsed = (time - start).microseconds
            let count = elapsed < 0 ? 1 : elapsed / step + 1
            return start + .microseconds(count * step)
        }
    }

    private static func rate(_ body: String) throws(DeliveryError) -> Duration {
        let parts = body.split(separator: " ")
        guard parts.count == 2, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(parts[0]),
            count > 0
        else {
            throw DeliveryError(
                code: .invalidRate, detail: "rate takes a positive number and a unit such as rate(5 minutes)")
        }
        let seconds: Int64
        switch (parts[1], count == 1) {
        case ("minute", true), ("minutes", _): seconds = 60
        case ("hour", true), ("hours", _): seconds = 3_600
        case ("day", true), ("days", _): seconds = 86_400
        default:
            throw DeliveryError(
                code: .invalidRate,
                detail: "the unit of a rate is minutes, hours or days, and minute, hour or day for 1")
        }
        let (product, overflow) = seconds.multipliedReportingOverflow(by: count)
        guard !overflow, product <= 366 * 86_400 * 100 else {
            throw DeliveryError(code: .invalidRate, detail: "a rate is at most a hundred years")
        }
        return .seconds(product)
    }
}

import Clocks
import Delivery
import JSON
import Template

extension EventRoutes {
    /// A schedule that is enabled, ready to be asked when it fires.
    struct Schedule: Sendable {
        var name: String
        var arn: String
        var origin: Application.Schedule.Origin
        var expression: ScheduleExpression
        /// Nothing fires before the first and after the second.
        var start: Timestamp?
        var end: Timestamp?
        var targets: [Target]

        /// The first time it fires later than `time`; nil when it never does again.
        ///
        /// - Parameter known: Since when the schedule is known: a rate counts from there, or from its own start.
        func next(after time: Timestamp, known: Timestamp) -> Timestamp? {
            let earliest = start.map { max(time, $0 - .microseconds(1)) } ?? time
            guard let next = expression.next(after: earliest, from: start ?? known) else { return nil }
            return end.map { next > $0 } == true ? nil : next
        }

        /// What a target is given: of EventBridge Scheduler its input with the scheduler's keywords filled in, `{}` without.
        func input(of target: Target, for event: JSONValue, at time: Timestamp) -> [UInt8] {
            switch (origin, target.input) {
            case (.scheduler, .event): return Array("{}".utf8)
            case (.scheduler, .constant(let bytes)):
                let keywords = [
                    "schedule-arn": arn, "scheduled-time": event["time"]?.stringValue ?? "",
                    "execution-id": event["id"]?.stringValue ?? "", "attempt-number": "1",
                ]
                let text = keywords.reduce(String(decoding: bytes, as: UTF8.self)) { text, keyword in
                    text.split(separator: "<aws.scheduler.\(keyword.key)>", omittingEmptySubsequences: false)
                        .joined(separator: keyword.value)
                }
                return Array(text.utf8)
            default: return target.input(for: event, ofRule: name, arn, at: time)
            }
        }
    }

    mutating func add(_ schedule: Application.Schedule, _ findings: inout [Finding]) {
        func invalid(_ message: String, _ position: TemplatePosition) {
            findings.append(
                Finding(
                    severity: .error, code: .invalidValue, position: position, logicalID: schedule.logicalID,
                    message: message))
        }
        let expression: ScheduleExpression
        do {
            expression = try ScheduleExpression(schedule.expression)
        } catch {
            return invalid("\(error)", schedule.expressionPosition)
        }
        func moment(_ text: String?, _ property: String) -> Timestamp? {
            guard let text else { return nil }
            let time = Timestamp(iso8601: text) ?? Timestamp(iso8601: text + "Z")
            if time == nil {
                invalid("the \(property) '\(text)' is no time such as 2024-06-25T10:00:00Z", schedule.position)
            }
            return time
        }
        let start = moment(schedule.startDate, "StartDate")
        let end = moment(schedule.endDate, "EndDate")
        var targets: [Target] = []
        for target in schedule.targets {
            do {
                targets.append(try Target(target, recipient: recipient(target)))
            } catch {
                invalid("\(error)", target.position)
            }
        }
        schedules.append(
            Schedule(
                name: schedule.name, arn: schedule.arn, origin: schedule.origin, expression: expression, start: start,
                end: end, targets: targets))
    }
}

import Clocks
import Testing

@testable import Delivery

private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(iso8601: text + "Z")) }

@Suite struct ScheduleExpressionTests {
    @Test(
        "cron fires at the next minute that fits",
        arguments: [
            ("cron(0 10 * * ? *)", "2024-06-25T09:59:59", "2024-06-25T10:00:00"),
            ("cron(0 10 * * ? *)", "2024-06-25T10:00:00", "2024-06-26T10:00:00"),
            ("cron(*/15 * * * ? *)", "2024-06-25T10:14:59", "2024-06-25T10:15:00"),
            ("cron(0/15 * * * ? *)", "2024-06-25T10:46:00", "2024-06-25T11:00:00"),
            ("cron(5,35 14 * * ? *)", "2024-06-25T14:05:00", "2024-06-25T14:35:00"),
            ("cron(0 18 ? * MON-FRI *)", "2024-06-28T18:00:00", "2024-07-01T18:00:00"),
            ("cron(0 18 ? * 2-6 *)", "2024-06-28T18:00:00", "2024-07-01T18:00:00"),
            ("cron(0 8 1 * ? *)", "2024-12-01T08:00:00", "2025-01-01T08:00:00"),
            ("cron(0 0 31 * ? *)", "2024-03-31T00:00:00", "2024-05-31T00:00:00"),
            ("cron(0 0 29 2 ? *)", "2024-02-29T00:00:00", "2028-02-29T00:00:00"),
            ("cron(0 0 29 FEB ? 2096-2104)", "2096-02-29T00:00:00", "2104-02-29T00:00:00"),
            ("cron(0 0 L * ? *)", "2024-02-10T00:00:00", "2024-02-29T00:00:00"),
            ("cron(0 0 L-3 * ? *)", "2024-02-10T00:00:00", "2024-02-26T00:00:00"),
            ("cron(0 0 LW * ? *)", "2024-06-01T00:00:00", "2024-06-28T00:00:00"),
            // 2024-06-01 is a Saturday, 2024-06-15, too, 2024-06-30 a Sunday.
            ("cron(0 0 1W * ? *)", "2024-05-31T00:00:00", "2024-06-03T00:00:00"),
            ("cron(0 0 15W 6 ? *)", "2024-06-01T00:00:00", "2024-06-14T00:00:00"),
            ("cron(0 0 30W 6 ? *)", "2024-06-01T00:00:00", "2024-06-28T00:00:00"),
            ("cron(0 0 ? * 3#2 *)", "2024-06-01T00:00:00", "2024-06-11T00:00:00"),
            ("cron(0 0 ? * FRI#5 *)", "2024-06-01T00:00:00", "2024-08-30T00:00:00"),
            ("cron(0 0 ? * 6L *)", "2024-06-01T00:00:00", "2024-06-28T00:00:00"),
            ("cron(0 0 ? * L *)", "2024-06-02T00:00:00", "2024-06-08T00:00:00"),
            ("cron(0 0 ? 1,7 SUN *)", "2024-01-28T00:00:00", "2024-07-07T00:00:00"),
            ("cron(30 23 31 12 ? 2030)", "2024-01-01T00:00:00", "2030-12-31T23:30:00"),
        ])
    func cron(expression: String, after: String, expected: String) throws {
        let schedule = try ScheduleExpression(expression)
        #expect(schedule.next(after: try time(after), from: try time(after)) == (try time(expected)))
    }

    @Test(
        "a cron whose years are over, or whose day never comes, fires no more",
        arguments: [
            ("cron(0 0 1 1 ? 2023)", "2023-01-01T00:00:00"), ("cron(0 0 31 2 ? *)", "2024-01-01T00:00:00"),
            ("cron(0 0 1 1 ? 2199)", "2199-01-01T00:00:00"),
        ])
    func never(expression: String, after: String) throws {
        #expect(try ScheduleExpression(expression).next(after: time(after), from: time(after)) == nil)
    }

    @Test("what cron gives fits, and nothing in between does, over random minutes")
    func cronProperty() throws {
        let entropy = SeededEntropy(seed: 3)
        let expressions = ["cron(7/20 3-5,22 ? * MON-WED *)", "cron(0 */6 L * ? *)", "cron(10 0 1,15 */3 ? *)"]
        for expression in expressions {
            let schedule = try ScheduleExpression(expression)
            for _ in 0..<60 {
                let now = Timestamp(secondsSinceEpoch: Double(1_700_000_000 + entropy.next() % 50_000_000))
                let next = try #require(schedule.next(after: now, from: now))
                #expect(next > now)
                #expect(next.microsecondsSinceEpoch % 60_000_000 == 0)
                // From any moment before it, the next is the same.
                let between = now + .microseconds(Int64(entropy.fraction() * Double((next - now).microseconds)))
                #expect(schedule.next(after: between, from: now) == next)
                #expect(schedule.next(after: next - .microseconds(1), from: now) == next)
            }
        }
    }

    @Test(
        "a rate fires one interval after its start, and then each interval",
        arguments: [
            ("rate(5 minutes)", 0.0, 300.0), ("rate(5 minutes)", 299, 300), ("rate(5 minutes)", 300, 600),
            ("rate(1 minute)", 61, 120), ("rate(1 hour)", 0, 3_600), ("rate(2 hours)", 7_199.5, 7_200),
            ("rate(1 day)", 86_400, 172_800), ("rate(1 minutes)", -500, 60),
        ])
    func rate(expression: String, after: Double, expected: Double) throws {
        let start = try time("2024-06-25T10:00:30")
        let next = try ScheduleExpression(expression).next(
            after: start + .milliseconds(Int(after * 1_000)), from: start)
        #expect(next == start + .milliseconds(Int(expected * 1_000)))
    }

    @Test("at fires once")
    func at() throws {
        let schedule = try ScheduleExpression("at(2024-06-25T10:00:00)")
        let moment = try time("2024-06-25T10:00:00")
        #expect(schedule.isOneTime)
        #expect(schedule.next(after: moment - .seconds(1), from: moment) == moment)
        #expect(schedule.next(after: moment, from: moment) == nil)
    }

    @Test(
        "what is no schedule is refused",
        arguments: [
            ("", DeliveryError.Code.unknownForm), ("every(5 minutes)", .unknownForm), ("rate(5 minutes", .unknownForm),
            ("rate()", .invalidRate), ("rate(0 minutes)", .invalidRate), ("rate(-1 minutes)", .invalidRate),
            ("rate(5 minute)", .invalidRate), ("rate(5 seconds)", .invalidRate),
            ("rate(99999999999999999 days)", .invalidRate),
            ("rate(5)", .invalidRate), ("cron(* * * * *)", .invalidCron), ("cron(0 0 * * * *)", .invalidCron),
            ("cron(0 0 ? * ? *)", .invalidCron), ("cron(60 0 * * ? *)", .invalidCron),
            ("cron(0 24 * * ? *)", .invalidCron),
            ("cron(0 0 0 * ? *)", .invalidCron), ("cron(0 0 1 13 ? *)", .invalidCron),
            ("cron(0 0 ? * 8 *)", .invalidCron),
            ("cron(0 0 ? * MON#6 *)", .invalidCron), ("cron(5-1 0 * * ? *)", .invalidCron),
            ("cron(*/0 0 * * ? *)", .invalidCron),
            ("cron(1/2/3 0 * * ? *)", .invalidCron), ("cron(, 0 * * ? *)", .invalidCron),
            ("cron(0 0 32W * ? *)", .invalidCron),
            ("cron(0 0 * * ? 1969)", .invalidCron), ("at(2024-06-25)", .invalidTime),
            ("at(2024-02-30T10:00:00)", .invalidTime),
            ("at(2024-06-25T10:00:00Z)", .invalidTime),
        ])
    func refused(expression: String, code: DeliveryError.Code) {
        let error = #expect(throws: DeliveryError.self) { try ScheduleExpression(expression) }
        #expect(error?.code == code)
    }
}

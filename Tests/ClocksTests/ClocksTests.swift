import Clocks
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "a time is read and written in UTC",
        arguments: [
            ("1970-01-01T00:00:00Z", Int64(0), "1970-01-01T00:00:00.000Z"),
            ("2024-06-25T10:00:00.123Z", 1_719_309_600_123_000, "2024-06-25T10:00:00.123Z"),
            ("2024-06-25t12:00:00.1239999+02:00", 1_719_309_600_123_999, "2024-06-25T10:00:00.123Z"),
            ("2024-02-29 23:59:59Z", 1_709_251_199_000_000, "2024-02-29T23:59:59.000Z"),
            ("1969-12-31T23:59:59.999Z", -1_000, "1969-12-31T23:59:59.999Z"),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000_000, "9999-12-31T23:59:59.000Z"),
        ])
    func spelling(text: String, microseconds: Int64, written: String) {
        let time = Timestamp(iso8601: text)
        #expect(time?.microsecondsSinceEpoch == microseconds)
        #expect(time?.iso8601 == written)
    }

    @Test(
        "what is no date is nil",
        arguments: [
            "", "2024-06-25", "2024-06-25T10:00:00", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-06-25T24:00:00Z", "2024-06-25T10:60:00Z", "2024-06-25T10:00:00.Z", "2024-06-25T10:00:00Zz",
            "2024-06-25T10:00:00+25:00", "24-06-25T10:00:00Z", "2024-06-25T10:00:61Z", "é024-06-25T10:00:00Z",
        ])
    func refused(text: String) { #expect(Timestamp(iso8601: text) == nil) }

    @Test("dates and day numbers are each other's inverse over four centuries")
    func calendar() {
        var expected = (year: 1899, month: 1, day: 1)
        for days in Timestamp.daysSinceEpoch(
            year: 1899, month: 1, day: 1)..<Timestamp.daysSinceEpoch(year: 2300, month: 1, day: 1)
        {
            let date = Timestamp.civilDate(daysSinceEpoch: days)
            guard date == expected, Timestamp.daysSinceEpoch(year: date.year, month: date.month, day: date.day) == days
            else {
                Issue.record("day \(days) is \(date), not \(expected)")
                return
            }
            expected.day += 1
            if expected.day > Timestamp.days(inMonth: expected.month, of: expected.year) {
                expected = expected.month == 12 ? (expected.year + 1, 1, 1) : (expected.year, expected.month + 1, 1)
            }
        }
    }

    @Test("2024-06-25 was a Tuesday") func weekday() {
        #expect(Timestamp(iso8601: "2024-06-25T00:00:00Z")?.weekday == 2)
        #expect(Timestamp(iso8601: "1969-12-28T23:59:59Z")?.weekday == 0)
    }

    @Test("sums beyond the range stay at its end") func saturation() {
        #expect(Timestamp(microsecondsSinceEpoch: .max) + .seconds(1) == Timestamp(microsecondsSinceEpoch: .max))
        #expect(Timestamp(microsecondsSinceEpoch: 0) + .seconds(Int64.max) == Timestamp(microsecondsSinceEpoch: .max))
    }
}

@Suite("Clocks", .timeLimit(.minutes(10)))
struct WallClockTests {
    @Test("sleepers wake when the manual clock reaches their deadline, not before")
    func manual() async throws {
        let clock = ManualClock()
        let start = clock.now
        async let first: Void = clock.sleep(for: .seconds(10))
        async let second: Void = clock.sleep(for: .seconds(20))
        await clock.waitForSleepers(2)
        #expect(clock.nextDeadline == start + .seconds(10))
        clock.advance(by: .seconds(9))
        #expect(clock.sleeperCount == 2)
        clock.advance(by: .seconds(1))
        try await first
        #expect(clock.sleeperCount == 1)
        clock.advance(to: start + .seconds(25))
        try await second
        #expect(clock.now == start + .seconds(25))
        clock.advance(to: start)
        #expect(clock.now == start + .seconds(25))
        try await clock.sleep(until: start)
    }

    @Test("a sleep ends when its task is cancelled, on either clock")
    func cancellation() async throws {
        let manual = ManualClock()
        for clock in [manual, SystemClock()] as [any WallClock] {
            let task = Task { try await clock.sleep(for: .seconds(1_000)) }
            if clock is ManualClock { await manual.waitForSleepers() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(manual.sleeperCount == 0)
    }

    @Test("the system's clock sleeps as long as it is told") func system() async throws {
        let clock = SystemClock()
        let deadline = clock.now + .milliseconds(20)
        try await clock.sleep(until: deadline)
        #expect(clock.now >= deadline)
    }
}

@Suite("Entropy")
struct EntropyTests {
    @Test("a seed gives the same numbers anywhere") func seeded() {
        let entropy = SeededEntropy(seed: 42)
        #expect(entropy.next() == 13_679_457_532_755_275_413)
        #expect(entropy.next() == 2_949_826_092_126_892_291)
        #expect(SeededEntropy(seed: 7).uuid() == SeededEntropy(seed: 7).uuid())
    }

    @Test("identifiers are version 4 and fractions are in range") func forms() throws {
        for entropy in [SystemEntropy(), SeededEntropy(seed: 0)] as [any Entropy] {
            for _ in 0..<1_000 {
                let uuid = Array(entropy.uuid())
                #expect(uuid.count == 36 && uuid[14] == "4" && "89ab".contains(uuid[19]))
                #expect((0..<1).contains(entropy.fraction()))
            }
        }
    }
}

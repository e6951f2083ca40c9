import Clocks
import Synchronization
import TestSupport
import Testing

@testable import EventRouter

@Suite("An alarm")
struct AlarmTests {
    private static func time(_ seconds: Int) -> Timestamp {
        Timestamp(microsecondsSinceEpoch: Int64(seconds) * 1_000_000)
    }

    /// Counts the sleeps that begin, and those that are cancelled.
    private final class Counting: WallClock {
        let clock = ManualClock(now: AlarmTests.time(0))
        let sleepCount = Mutex(0)
        let cancelledCount = Mutex(0)
        var now: Timestamp { clock.now }

        func sleep(until deadline: Timestamp) async throws {
            sleepCount.withLock { $0 += 1 }
            do {
                try await clock.sleep(until: deadline)
            } catch {
                cancelledCount.withLock { $0 += 1 }
                throw error
            }
        }
    }

    private static func until(_ holds: () -> Bool) async throws {
        try await eventually("the alarm's next state") { holds() ? () : nil }
    }

    @Test("a moment that only moves back is waited for by one sleeper, which looks and sleeps again")
    func laterMoments() async throws {
        let clock = Counting()
        let calls = Mutex<[Timestamp]>([])
        let alarm = Alarm(clock: clock) { calls.withLock { $0.append(clock.now) } }
        alarm.set(Self.time(10))
        for seconds in 11...1_000 {
            alarm.set(nil)
            alarm.set(Self.time(seconds))
        }
        try await Self.until { clock.clock.sleeperCount == 1 }
        #expect(clock.sleepCount.withLock { $0 } == 1)
        clock.clock.advance(to: Self.time(10))
        try await Self.until { clock.sleepCount.withLock { $0 } == 2 && clock.clock.sleeperCount == 1 }
        #expect(calls.withLock { $0 } == [])
        clock.clock.advance(to: Self.time(1_000))
        try await Self.until { calls.withLock { $0 } == [Self.time(1_000)] }
    }

    @Test("an earlier moment comes in time, and one that was taken back never")
    func earlierMoments() async throws {
        let clock = Counting()
        let calls = Mutex<[Timestamp]>([])
        let alarm = Alarm(clock: clock) { calls.withLock { $0.append(clock.now) } }
        alarm.set(Self.time(100))
        alarm.set(Self.time(20))
        try await Self.until { clock.clock.sleeperCount == 1 }
        clock.clock.advance(to: Self.time(20))
        try await Self.until { calls.withLock { $0 } == [Self.time(20)] }
        alarm.set(Self.time(30))
        alarm.set(nil)
        try await Self.until { clock.clock.sleeperCount == 1 }
        clock.clock.advance(to: Self.time(40))
        try await Self.until { clock.clock.sleeperCount == 0 }
        #expect(calls.withLock { $0 } == [Self.time(20)])
    }

    @Test(
        "any settings: the action comes when the moment has, one sleeper waits, and only earlier moments cancel one",
        arguments: 1...4 as ClosedRange<UInt64>)
    func anySettings(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let clock = Counting()
        let calls = Mutex(0)
        let alarm = Alarm(clock: clock) { calls.withLock { $0 += 1 } }
        var now = 0
        var deadline: Int?
        var latest = Int.max
        var (expected, earlier) = (0, 0)
        for _ in 0..<60 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                now += Int.random(in: 1...30, using: &random)
                clock.clock.advance(to: Self.time(now))
                if let moment = deadline, moment <= now {
                    expected += 1
                    deadline = nil
                }
            case 1:
                alarm.set(nil)
                deadline = nil
            default:
                let moment = now + Int.random(in: 1...60, using: &random)
                alarm.set(Self.time(moment))
                if moment < latest { earlier += 1 }
                (deadline, latest) = (moment, moment)
            }
            let due = deadline.map(Self.time)
            try await Self.until {
                guard calls.withLock({ $0 }) == expected, clock.clock.sleeperCount <= 1 else { return false }
                guard let due else { return true }
                return clock.clock.nextDeadline.map { $0 <= due } ?? false
            }
        }
        #expect(clock.cancelledCount.withLock { $0 } <= earlier)
        withExtendedLifetime(alarm) {}
    }

    @Test("nobody sleeps for an alarm that has gone")
    func goneAlarm() async throws {
        let clock = Counting()
        do {
            let alarm = Alarm(clock: clock) {}
            for seconds in (1...100).reversed() { alarm.set(Self.time(seconds)) }
            try await Self.until { clock.clock.nextDeadline == Self.time(1) }
            #expect(clock.clock.sleeperCount == 1)
            withExtendedLifetime(alarm) {}
        }
        try await Self.until { clock.clock.sleeperCount == 0 }
    }
}

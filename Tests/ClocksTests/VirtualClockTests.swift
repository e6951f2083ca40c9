import Clocks
import Synchronization
import Testing

@Suite("VirtualClock", .timeLimit(.minutes(10)))
struct VirtualClockTests {
    /// What happened, and at what time in seconds after the start.
    final class Record: Sendable {
        private let lines = Mutex<[String]>([])
        let start: Timestamp

        init(_ clock: VirtualClock) { start = clock.now }

        func add(_ text: String, at time: Timestamp) {
            lines.withLock { $0.append("\(Int((time - start).inSeconds)) \(text)") }
        }

        var all: [String] { lines.withLock { $0 } }
    }

    static let start = Timestamp(iso8601: "2024-06-25T00:00:00Z")!

    @Test("sleepers wake at their deadlines, in the order of deadline and name, each when the one before is done")
    func order() async throws {
        let clock = VirtualClock(now: Self.start)
        let record = Record(clock)
        await withThrowingTaskGroup(of: Void.self) { group in
            for (name, seconds) in [("c", 10), ("a", 20), ("b", 10), ("d", 30)] {
                let hold = clock.hold()
                group.addTask {
                    let hold = try await clock.sleep(
                        until: Self.start + .seconds(seconds), releasing: hold, for: ClockWake(name))
                    record.add("\(name) begins", at: clock.now)
                    for _ in 0..<3 { await Task.yield() }
                    record.add("\(name) ends", at: clock.now)
                    // What it sets off belongs to the same time.
                    let next = clock.hold()
                    Task {
                        for _ in 0..<3 { await Task.yield() }
                        record.add("after \(name)", at: clock.now)
                        next.release()
                    }
                    hold.release()
                }
            }
            group.addTask {
                try await clock.advance(by: .seconds(25))
                record.add("advanced", at: clock.now)
                try await clock.advance(to: Self.start + .seconds(60))
            }
        }
        #expect(
            record.all == [
                "10 b begins", "10 b ends", "10 after b", "10 c begins", "10 c ends", "10 after c", "20 a begins",
                "20 a ends", "20 after a", "25 advanced", "30 d begins", "30 d ends", "30 after d",
            ])
        #expect(clock.now == Self.start + .seconds(60))
        try await clock.advance(to: Self.start)
        #expect(clock.now == Self.start + .seconds(60))
    }

    @Test("one who sleeps again within the stretch wakes again within it")
    func periodic() async throws {
        let clock = VirtualClock(now: Self.start)
        let record = Record(clock)
        let first = clock.hold()
        let task = Task {
            var hold = first
            while true {
                hold = try await clock.sleep(
                    until: clock.now + .seconds(60), releasing: hold, for: ClockWake("poll", isRecurring: true))
                record.add("poll", at: clock.now)
            }
        }
        try await clock.advance(by: .seconds(6_000))
        #expect(record.all.count == 100)
        #expect(record.all.last == "6000 poll")
        // Nobody waits for polls.
        #expect(try await clock.runUntilIdle(limit: clock.now + .seconds(1_000)))
        #expect(clock.now == Self.start + .seconds(6_000))
        let hold = clock.hold()
        let other = Task {
            try await clock.sleep(until: Self.start + .seconds(6_100), releasing: hold, for: ClockWake()).release()
        }
        #expect(try await !clock.runUntilIdle(limit: clock.now + .seconds(10)))
        #expect(clock.now == Self.start + .seconds(6_010))
        #expect(try await clock.runUntilIdle(limit: clock.now + .seconds(1_000)))
        #expect(clock.now == Self.start + .seconds(6_100))
        #expect(record.all.last == "6060 poll")
        try await other.value
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("the time stands still while it is held, and a mover that gives up leaves it where it is")
    func held() async throws {
        let clock = VirtualClock(now: Self.start)
        let hold = clock.hold()
        let move = Task { try await clock.advance(by: .seconds(10)) }
        for _ in 0..<3 { await Task.yield() }
        #expect(clock.now == Self.start)
        move.cancel()
        await #expect(throws: CancellationError.self) { try await move.value }
        #expect(clock.now == Self.start)
        hold.release()
        hold.release()
        try await clock.advance(by: .seconds(10))
        #expect(clock.now == Self.start + .seconds(10))
        do { _ = clock.hold() }
        // A hold that is dropped is released.
        try await clock.waitUntilIdle()
    }

    @Test("a sleep ends when its task is cancelled, whether it sleeps yet or not, and lets go of its hold")
    func cancellation() async throws {
        let clock = VirtualClock(now: Self.start)
        for isAsleep in [false, true] {
            let hold = clock.hold()
            let task = Task {
                _ = try await clock.sleep(until: Self.start + .seconds(100), releasing: hold, for: ClockWake())
            }
            if isAsleep { try await clock.waitUntilIdle() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await clock.waitUntilIdle()
            #expect(clock.nextDeadline == nil)
        }
    }

    @Test("what a barrier brings in is done before the time moves")
    func barrier() async throws {
        let clock = VirtualClock(now: Self.start)
        let record = Record(clock)
        let pending = Mutex(3)
        clock.addBarrier {
            guard pending.withLock({ $0 > 0 }) else { return }
            let left = pending.withLock { count in
                count -= 1
                return count
            }
            let hold = clock.hold()
            Task {
                for _ in 0..<3 { await Task.yield() }
                record.add("file \(left)", at: clock.now)
                hold.release()
            }
        }
        try await clock.advance(by: .seconds(5))
        #expect(record.all == ["0 file 2", "0 file 1", "0 file 0"])
    }

    @Test("each time is told before it is so; what can't be told is not moved to")
    func told() async throws {
        struct DiskFull: Error {}
        let told = Mutex<[Timestamp]>([])
        let clock = VirtualClock(now: Self.start) { time in
            if time > Self.start + .seconds(15) { throw DiskFull() }
            told.withLock { $0.append(time) }
        }
        let hold = clock.hold()
        let sleeper = Task {
            _ = try await clock.sleep(until: Self.start + .seconds(10), releasing: hold, for: ClockWake())
            _ = try await clock.sleep(until: Self.start + .seconds(20), releasing: .none, for: ClockWake())
        }
        await #expect(throws: DiskFull.self) { try await clock.advance(by: .seconds(60)) }
        #expect(told.withLock { $0 } == [Self.start + .seconds(10)])
        #expect(clock.now == Self.start + .seconds(10))
        sleeper.cancel()
        _ = await sleeper.result
    }
}

@Suite("Spelled durations")
struct SpelledDurationTests {
    @Test(
        "numbers with units, and ISO 8601",
        arguments: [
            ("90s", 90.0), ("5m", 300), ("2h", 7_200), ("1d", 86_400), ("1d12h", 129_600), ("250ms", 0.25),
            ("1h30m5s", 5_405), ("0s", 0), ("PT90S", 90), ("P1D", 86_400), ("P1DT2H30M", 95_400), ("P2W", 1_209_600),
            ("PT0.5S", 0.5), ("PT1.25S", 1.25),
        ])
    func read(text: String, seconds: Double) { #expect(Duration.spelled(text)?.inSeconds == seconds) }

    @Test(
        "anything else is none",
        arguments: [
            "", "5", "s", "-5s", "5 m", "5x", "1m30h", "1m1m", "P", "PT", "P1M", "P1Y", "P1H", "PT1D", "1.5h", "PT1.5M",
            "PT.S", "99999999999999999999s", "40000d", "P1DT", "٣s",
        ])
    func refused(text: String) { #expect(Duration.spelled(text) == nil) }
}

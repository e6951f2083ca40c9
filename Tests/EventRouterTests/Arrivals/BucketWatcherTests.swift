import Clocks
import FileSystem
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import EventRouter

@Suite("BucketWatcher", .timeLimit(.minutes(10)))
struct BucketWatcherTests {
    /// A watched folder with the bucket `raw`.
    struct World {
        let root: String
        let journal: RecordingJournal
        let problems: Problems
        let source: MeddlingSource

        /// The path of a key in `raw`.
        func path(_ key: String) -> String { "\(root)/raw/\(key)" }

        func write(_ key: String, _ text: String) throws {
            if let parent = FileSystem.parent(of: path(key)) { try FileSystem.createDirectories(parent) }
            let file = try File(path(key), .write)
            try file.write(Array(text.utf8))
        }
    }

    final class Problems: Sendable {
        let all = Mutex<[String]>([])
        func add(_ problem: BucketWatcher.Problem) { all.withLock { $0.append("\(problem)") } }
    }

    /// The kernel's events, with some of the test's own: full queues and refused watches.
    final class MeddlingSource: DirectoryEventSource {
        private let kernel: Inotify
        private let meddling = Mutex<(injected: [DirectoryEvent], refusesWatches: Bool, hidesEvents: Bool)>(
            ([], false, false))

        init() throws { kernel = try Inotify() }

        /// Adds an event before the kernel's next ones.
        func inject(_ event: DirectoryEvent) { meddling.withLock { $0.injected.append(event) } }
        func refuseWatches() { meddling.withLock { $0.refusesWatches = true } }
        /// Drops the kernel's events until the next injected one.
        func hideEvents() { meddling.withLock { $0.hidesEvents = true } }

        func watch(_ directory: String) throws -> Int32 {
            if meddling.withLock({ $0.refusesWatches }) {
                throw FileSystemError(code: ENOSPC, operation: "watch", path: directory)
            }
            return try kernel.watch(directory)
        }
        func unwatch(_ watch: Int32) { kernel.unwatch(watch) }
        func next() async throws -> [DirectoryEvent] {
            while true {
                let events = try await kernel.next()
                let (injected, isHidden) = meddling.withLock { state in
                    defer { state.injected = [] }
                    return (state.injected, state.hidesEvents)
                }
                if !injected.isEmpty {
                    meddling.withLock { $0.hidesEvents = false }
                    return injected
                }
                if !isHidden { return events }
            }
        }
    }

    func withWorld(
        journal: RecordingJournal = RecordingJournal(), clock: any WallClock = SystemClock(),
        settleInterval: Duration = .milliseconds(30), prepare: (World) throws -> Void = { _ in },
        _ body: (World) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            let world = World(
                root: "\(folder)/buckets", journal: journal, problems: Problems(), source: try MeddlingSource())
            try FileSystem.createDirectories("\(world.root)/raw")
            try prepare(world)
            try await watching(world, clock: clock, settleInterval: settleInterval) { try await body(world) }
        }
    }

    /// Runs a watcher over the world while `body` runs.
    func watching(
        _ world: World, clock: any WallClock = SystemClock(), settleInterval: Duration = .milliseconds(30),
        _ body: () async throws -> Void
    ) async throws {
        var limits = BucketWatcher.Limits()
        limits.settleInterval = settleInterval
        limits.retryInterval = .milliseconds(10)
        limits.scanInterval = .milliseconds(30)
        limits.batchCount = 50
        let watcher = BucketWatcher(
            root: world.root, buckets: ["raw", "later"], objects: FolderStore(root: world.root), journal: world.journal,
            clock: clock, limits: limits, source: world.source,
            report: { [problems = world.problems] in problems.add($0) })
        let running = Task { try await watcher.run() }
        // A first arrival proves that the watch is set.
        try world.write("ready-\(UInt32.random(in: .min ... .max))", "x")
        await world.journal.wait { $0.contains { $0.name.key.hasPrefix("ready-") } }
        do {
            try await body()
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
    }

    func arrivals(_ world: World, under prefix: String = "") -> [String] {
        world.journal.changes.filter {
            $0.kind != .removed && !$0.name.key.hasPrefix("ready-") && $0.name.key.hasPrefix(prefix)
        }
        .map(\.name.key)
    }

    @Test("A file whose writer writes on and closes it while it is asked about is told once, as it is then")
    func closedMeanwhile() async throws {
        try await withTemporaryDirectory { folder in
            let root = "\(folder)/buckets"
            let journal = RecordingJournal()
            try FileSystem.createDirectories("\(root)/raw")
            let writer = Mutex<File?>(try File("\(root)/raw/day.csv", .write))
            try writer.withLock { try $0?.write(Array("half".utf8)) }
            let watcher = BucketWatcher(
                root: root, buckets: ["raw"], objects: FolderStore(root: root), journal: journal, clock: SystemClock(),
                source: try Inotify(),
                probe: { path throws(FileSystemError) in
                    try writer.withLock { file throws(FileSystemError) in
                        try file?.write(Array(" and half".utf8))
                        file = nil
                    }
                    return try WriterProbe.ask(path)
                })
            let running = Task { try await watcher.run() }
            await journal.wait { $0.contains { $0.name.key == "day.csv" } }
            // Comes after all that is told of the first one.
            try FileSystem.writeFileAtomically("\(root)/raw/next.csv", [1])
            await journal.wait { $0.contains { $0.name.key == "next.csv" } }
            let told = journal.changes.filter { $0.name.key == "day.csv" }
            #expect(told.map { $0.identity?.byteCount } == [13])
            running.cancel()
            await #expect(throws: CancellationError.self) { try await running.value }
        }
    }

    @Test("A virtual clock takes in what was written before it moves, at the time at which it was written")
    func catchesUp() async throws {
        try await withTemporaryDirectory { folder in
            let clock = VirtualClock(now: Timestamp(iso8601: "2024-06-25T00:00:00Z")!)
            let journal = RecordingJournal()
            let watcher = try BucketWatcher(
                root: folder, buckets: ["raw"], objects: FolderStore(root: folder), journal: journal, clock: clock,
                machineClock: SystemClock())
            clock.addBarrier { await watcher.catchUp() }
            let hold = clock.hold()
            let running = Task { try await watcher.run(releasing: hold) }
            for day in 0..<20 {
                let path = "\(folder)/raw/new-\(day)/\(day).csv"
                try FileSystem.createDirectories(FileSystem.parent(of: path) ?? "/")
                try FileSystem.writeFileAtomically(path, [1, 2, 3])
                try await clock.advance(by: .seconds(86_400))
            }
            let told = journal.changes.filter { $0.kind != .removed && $0.name.key.hasSuffix(".csv") }
            #expect(
                told.map(\.time) == (0..<20).map { Timestamp(iso8601: "2024-06-25T00:00:00Z")! + .seconds($0 * 86_400) }
            )
            running.cancel()
            await #expect(throws: CancellationError.self) { try await running.value }
        }
    }

    @Test("A file is told once, when it is closed, with its content's digest")
    func closedAfterWriting() async throws {
        try await withWorld { world in
            var file: File? = try File(world.path("a.csv"), .write)
            try file?.write(Array("half".utf8))
            try world.write("other.csv", "x")
            await world.journal.waitForArrival(of: "other.csv")
            #expect(arrivals(world) == ["other.csv"])
            try file?.write(Array(" and half".utf8))
            file = nil
            // Another test's child that is not yet another program has the file open for a moment longer.
            await world.journal.waitForArrival(of: "a.csv")
            try world.write("marker", "x")
            await world.journal.waitForArrival(of: "marker")
            #expect(arrivals(world) == ["other.csv", "a.csv", "marker"])
            let change = try #require(world.journal.changes.first { $0.name.key == "a.csv" })
            #expect(change.kind == .put)
            #expect(change.identity?.byteCount == 13)
            #expect(change.eTag == (try await FolderStore(root: world.root).head("a.csv", in: "raw").eTag))
        }
    }

    @Test("A file that was there before the start is told once, over restarts")
    func presentBeforeStart() async throws {
        let journal = RecordingJournal()
        try await withWorld(
            journal: journal, prepare: { try $0.write("streams/früh + spät.csv", "1") },
            { world in
                await journal.waitForArrival(of: "streams/früh + spät.csv")
                for _ in 0..<2 {
                    try await watching(
                        World(root: world.root, journal: journal, problems: world.problems, source: MeddlingSource())
                    ) {}
                }
                #expect(arrivals(world) == ["streams/früh + spät.csv"])
            })
    }

    @Test("What came, changed and went while nobody watched is told at the next start")
    func changesWhileStopped() async throws {
        try await withTemporaryDirectory { folder in
            let journal = RecordingJournal()
            func world() throws -> World {
                World(root: "\(folder)/buckets", journal: journal, problems: Problems(), source: try MeddlingSource())
            }
            let first = try world()
            try first.write("kept", "1")
            try first.write("changed", "1")
            try first.write("deep/gone", "1")
            try await watching(first) {
                for key in ["kept", "changed", "deep/gone"] { await journal.waitForArrival(of: key) }
            }
            try first.write("changed", "22")
            try FileSystem.removeTree(first.path("deep"))
            try first.write("new", "1")
            let count = journal.changes.count
            try await watching(try world()) {
                await journal.wait { $0.contains { $0.kind == .removed } }
                let told = journal.changes[count...].filter { !$0.name.key.hasPrefix("ready-") }
                #expect(Set(told.map(\.name.key)) == ["changed", "deep/gone", "new"])
                #expect(told.filter { $0.kind == .removed }.map(\.name.key) == ["deep/gone"])
            }
        }
    }

    @Test("A file that is still being written at the start waits for its end")
    func writtenAtStart() async throws {
        try await withTemporaryDirectory { folder in
            let world = World(
                root: "\(folder)/buckets", journal: RecordingJournal(), problems: Problems(),
                source: try MeddlingSource())
            try FileSystem.createDirectories("\(world.root)/raw")
            var file: File? = try File(world.path("slow.csv"), .write)
            try file?.write(Array("begin".utf8))
            try await watching(world) {
                #expect(arrivals(world).isEmpty)
                try file?.write(Array(" end".utf8))
                file = nil
                await world.journal.waitForArrival(of: "slow.csv")
                #expect(world.journal.changes.first { $0.name.key == "slow.csv" }?.identity?.byteCount == 9)
            }
        }
    }

    /// Found empty, a file may be one that `cp` has made and not yet opened: told now, it would be told twice.
    @Test("A file that is found empty has time to be filled, and is told once; one that stays empty is told, too")
    func foundEmpty() async throws {
        let prepare: (World) throws -> Void = { try $0.write("folder/a.csv", "") }
        try await withWorld(settleInterval: .seconds(3_600), prepare: prepare) { world in
            #expect(arrivals(world) == [])
            try world.write("folder/a.csv", "full")
            try world.write("marker", "x")
            await world.journal.waitForArrival(of: "marker")
            #expect(arrivals(world) == ["folder/a.csv", "marker"])
            #expect(world.journal.changes.first { $0.name.key == "folder/a.csv" }?.identity?.byteCount == 4)
        }
        try await withWorld(prepare: prepare) { world in
            await world.journal.waitForArrival(of: "folder/a.csv")
            #expect(arrivals(world) == ["folder/a.csv"])
        }
    }

    @Test("A rename into the bucket is told once, as a put")
    func renamedIntoPlace() async throws {
        try await withWorld { world in
            let outside = "\(world.root)/../outside"
            try FileSystem.writeFileAtomically(outside, Array("abc".utf8))
            try FileSystem.rename(outside, to: world.path("in.csv"))
            try world.write("marker", "x")
            await world.journal.waitForArrival(of: "marker")
            #expect(arrivals(world) == ["in.csv", "marker"])
            #expect(world.journal.changes.first { $0.name.key == "in.csv" }?.kind == .put)
        }
    }

    @Test("A hard link to a finished file is told once")
    func linkedIntoPlace() async throws {
        try await withWorld { world in
            let outside = "\(world.root)/../outside"
            try FileSystem.writeFileAtomically(outside, Array("abc".utf8))
            #expect(link(outside, world.path("linked.csv")) == 0)
            await world.journal.waitForArrival(of: "linked.csv")
            try world.write("marker", "x")
            await world.journal.waitForArrival(of: "marker")
            #expect(arrivals(world) == ["linked.csv", "marker"])
        }
    }

    @Test("A rename within the buckets is a removal and a copy")
    func renamedWithin() async throws {
        try await withWorld { world in
            try world.write("streams/a.csv", "abc")
            await world.journal.waitForArrival(of: "streams/a.csv")
            try FileSystem.createDirectories(world.path("archive"))
            try world.write("archive/marker", "x")
            await world.journal.waitForArrival(of: "archive/marker")
            try FileSystem.rename(world.path("streams/a.csv"), to: world.path("archive/a.csv"))
            await world.journal.waitForArrival(of: "archive/a.csv")
            let changes = world.journal.changes.suffix(2)
            #expect(changes.map(\.name.key) == ["streams/a.csv", "archive/a.csv"])
            #expect(changes.map(\.kind) == [.removed, .copy])
        }
    }

    @Test("The same content dropped again after a removal is a new arrival, as is a file written over")
    func droppedAgain() async throws {
        try await withWorld { world in
            for round in 1...3 {
                try world.write("a.csv", "same")
                await world.journal.waitForArrival(of: "a.csv", count: round)
                try FileSystem.removeFile(world.path("a.csv"))
                await world.journal.wait { $0.filter { $0.kind == .removed }.count == round }
            }
            try world.write("b.csv", "one")
            await world.journal.waitForArrival(of: "b.csv")
            try world.write("b.csv", "two")
            await world.journal.waitForArrival(of: "b.csv", count: 2)
        }
    }

    @Test("Folders are watched as they appear, with what was put into them at once")
    func nestedFolders() async throws {
        try await withWorld { world in
            for number in 0..<20 { try world.write("a/\(number)/b/c/file.csv", "\(number)") }
            for number in 0..<20 { await world.journal.waitForArrival(of: "a/\(number)/b/c/file.csv") }
            try world.write("a/7/b/c/second.csv", "x")
            await world.journal.waitForArrival(of: "a/7/b/c/second.csv")
            #expect(arrivals(world).count == Set(arrivals(world)).count)
        }
    }

    @Test("A folder that is renamed takes its files to their new keys and is watched there")
    func renamedFolder() async throws {
        try await withWorld { world in
            try world.write("old/deep/a.csv", "1")
            await world.journal.waitForArrival(of: "old/deep/a.csv")
            try FileSystem.rename(world.path("old"), to: world.path("new"))
            await world.journal.waitForArrival(of: "new/deep/a.csv")
            #expect(world.journal.changes.contains { $0.kind == .removed && $0.name.key == "old/deep/a.csv" })
            try world.write("new/deep/b.csv", "1")
            await world.journal.waitForArrival(of: "new/deep/b.csv")
        }
    }

    @Test("A folder that is removed and made again is watched again")
    func folderMadeAgain() async throws {
        try await withWorld { world in
            for round in 1...5 {
                try world.write("streams/a.csv", "\(round)")
                await world.journal.waitForArrival(of: "streams/a.csv", count: round)
                try FileSystem.removeTree(world.path("streams"))
                await world.journal.wait { $0.filter { $0.kind == .removed }.count == round }
            }
        }
    }

    @Test("A bucket's folder may come after the start, and go and come again")
    func lateBucket() async throws {
        try await withWorld { world in
            try FileSystem.createDirectories("\(world.root)/later/streams")
            try FileSystem.writeFileAtomically("\(world.root)/later/streams/a.csv", [1])
            await world.journal.waitForArrival(of: "streams/a.csv")
            try FileSystem.removeTree("\(world.root)/later")
            await world.journal.wait { $0.contains { $0.kind == .removed && $0.name.bucket == "later" } }
            try FileSystem.createDirectories("\(world.root)/later")
            try FileSystem.writeFileAtomically("\(world.root)/later/b.csv", [1])
            await world.journal.waitForArrival(of: "b.csv")
        }
    }

    @Test("Folders, links, devices, other buckets and the store's staging files are no arrivals")
    func notArrivals() async throws {
        try await withWorld { world in
            try FileSystem.createDirectories(world.path("folder.csv"))
            symlink("nowhere", world.path("dangling.csv"))
            symlink("/etc/passwd", world.path("link.csv"))
            mkfifo(world.path("pipe.csv"), 0o644)
            try FileSystem.createDirectories("\(world.root)/unknown")
            try FileSystem.writeFileAtomically("\(world.root)/unknown/a.csv", [1])
            try world.write(".turntable-staging/1-2", "x")
            try world.write("marker", "x")
            await world.journal.waitForArrival(of: "marker")
            #expect(arrivals(world) == ["marker"])
        }
    }

    @Test("Opening a file for writing and closing it unchanged is no arrival")
    func unchanged() async throws {
        try await withWorld { world in
            try world.write("a.csv", "1")
            await world.journal.waitForArrival(of: "a.csv")
            do { _ = try File(world.path("a.csv"), .update) }
            try world.write("marker", "x")
            await world.journal.waitForArrival(of: "marker")
            #expect(arrivals(world) == ["a.csv", "marker"])
        }
    }

    @Test("A thousand files at once are all told, once each")
    func manyFiles() async throws {
        try await withWorld { world in
            for number in 0..<1_000 { try world.write("streams/\(number).csv", "\(number)") }
            await world.journal.wait { $0.filter { $0.name.key.hasPrefix("streams/") }.count >= 1_000 }
            try world.write("marker", "x")
            await world.journal.waitForArrival(of: "marker")
            #expect(arrivals(world, under: "streams/").count == 1_000)
            #expect(Set(arrivals(world, under: "streams/")).count == 1_000)
        }
    }

    @Test("When the kernel's queue runs over, all folders are read again")
    func overflow() async throws {
        try await withWorld { world in
            try world.write("streams/known.csv", "1")
            await world.journal.waitForArrival(of: "streams/known.csv")
            world.source.hideEvents()
            try world.write("streams/lost.csv", "1")
            try world.write("new/lost.csv", "1")
            try FileSystem.removeFile(world.path("streams/known.csv"))
            world.source.inject(DirectoryEvent(watch: -1, kind: .queueOverflowed))
            try world.write("trigger", "1")
            await world.journal.waitForArrival(of: "streams/lost.csv")
            await world.journal.waitForArrival(of: "new/lost.csv")
            await world.journal.wait { $0.contains { $0.kind == .removed } }
            try world.write("new/later.csv", "1")
            await world.journal.waitForArrival(of: "new/later.csv")
            #expect(world.problems.all.withLock { $0 }.contains { $0.contains("max_queued_events") })
        }
    }

    @Test("Without inotify watches the limit is named and folders are read at intervals")
    func watchesExhausted() async throws {
        try await withWorld { world in
            world.source.refuseWatches()
            world.source.hideEvents()
            world.source.inject(DirectoryEvent(watch: -1, kind: .queueOverflowed))
            try world.write("trigger", "1")
            await world.journal.waitForArrival(of: "trigger")
            world.source.hideEvents()
            try world.write("unwatched/a.csv", "1")
            await world.journal.waitForArrival(of: "unwatched/a.csv")
            let named = world.problems.all.withLock { $0 }.filter { $0.contains("fs.inotify.max_user_watches") }
            #expect(named.count == 1)
        }
    }

    @Test("Changes that can't be recorded are held back, reported and told later")
    func journalFails() async throws {
        struct DiskFull: Error {}
        try await withWorld { world in
            world.journal.fail(with: [DiskFull(), DiskFull()])
            try world.write("a.csv", "1")
            await world.journal.waitForArrival(of: "a.csv")
            #expect(world.problems.all.withLock { $0 }.count == 2)
            #expect(arrivals(world) == ["a.csv"])
        }
    }

    @Test("A file that can't be read is reported once, tried again, and told when it can")
    func unreadable() async throws {
        try await withTemporaryDirectory { folder in
            let journal = RecordingJournal()
            let problems = Problems()
            var limits = BucketWatcher.Limits()
            limits.retryInterval = .milliseconds(5)
            try FileSystem.createDirectories("\(folder)/raw")
            try FileSystem.writeFileAtomically("\(folder)/raw/a.csv", [1])
            let watcher = BucketWatcher(
                root: folder, buckets: ["raw"], objects: FolderStore(root: folder, failures: 3), journal: journal,
                clock: SystemClock(), limits: limits, source: try MeddlingSource(), report: { problems.add($0) })
            let running = Task { try await watcher.run() }
            await journal.waitForArrival(of: "a.csv")
            running.cancel()
            _ = await running.result
            #expect(problems.all.withLock { $0 }.filter { $0.contains("a.csv") }.count == 1)
        }
    }

    @Test("A writer is seen while it has the file open, and no longer")
    func writerProbe() async throws {
        try await withTemporaryDirectory { folder in
            var writer: File? = try File("\(folder)/a", .write)
            #expect(writer != nil)
            #expect(try WriterProbe.ask("\(folder)/a") == .open)
            writer = nil
            // Until its exec, a program that another test starts just now has whatever this process had open.
            try await eventually("a closed file") { try WriterProbe.ask("\(folder)/a") == .closed ? () : nil }
            #expect(throws: FileSystemError.self) { try WriterProbe.ask("\(folder)/none") }
        }
    }

    @Test("The kernel's bytes are taken apart; a cut record and unknown kinds are left out")
    func eventBytes() {
        func record(_ watch: UInt8, _ mask: UInt32, _ cookie: UInt8, _ name: String, padding: Int) -> [UInt8] {
            let length = name.utf8.count + padding
            let maskBytes = (0..<4).map { UInt8(truncatingIfNeeded: mask >> ($0 * 8)) }
            return [watch, 0, 0, 0] + maskBytes + [cookie, 0, 0, 0, UInt8(length), 0, 0, 0] + Array(name.utf8)
                + [UInt8](repeating: 0, count: padding)
        }
        let bytes =
            record(1, 0x8, 0, "a.csv", padding: 11) + record(2, 0x4000_0040, 9, "dir", padding: 1)
            + record(255, 0x4000, 0, "", padding: 0) + record(3, 0x20, 0, "opened", padding: 2)
        #expect(
            Inotify.events(in: bytes + [1, 2, 3]) == [
                DirectoryEvent(watch: 1, kind: .closedAfterWriting, name: "a.csv"),
                DirectoryEvent(watch: 2, kind: .movedOut, isDirectory: true, cookie: 9, name: "dir"),
                DirectoryEvent(watch: 255, kind: .queueOverflowed),
            ])
        #expect(Inotify.events(in: Array(bytes.prefix(20))).isEmpty)
    }
}

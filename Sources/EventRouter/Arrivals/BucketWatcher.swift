package import Clocks
import FileSystem
import Glibc
package import Storage

/// Notices the files that come to buckets' folders and go from them, and hands them to the journal.
///
/// What counts as an arrival:
///
/// - a regular file that was closed after writing or renamed into the folder, or one that is found there and is not
///   what the journal remembers under its key. Directories, links and special files never count, nor do the store's own
///   staging files.
/// - A file that some process still has open for writing is left alone until it is closed (``WriterProbe``). Where the
///   kernel does not tell, it is looked at again after ``Limits/settleInterval`` and counts when size and time of
///   modification are the same.
/// - A rename from one key to another is a removal and an arrival. After a removal the same content is a new arrival.
///
/// Files are told apart by key, inode, size and time of modification, so a restart repeats nothing that has not been
/// touched. Whatever is in doubt is told again: losing an arrival is worse than repeating it.
///
/// Directories are watched as they appear: first watched, then read, so that nothing falls between. When the kernel's queue
/// has run over, all is read again. When the user may have no more watches, that is reported and all is read again
/// every ``Limits/scanInterval``.
package actor BucketWatcher {
    /// The watcher's tunable numbers.
    package struct Limits: Sendable {
        /// Between two looks at a file of which the kernel does not say whether it is being written, and between looks at
        /// one that is.
        package var settleInterval = Duration.seconds(1)
        /// Until the next look at a file that is said to be closed while another writer still has it.
        package var closingInterval = Duration.milliseconds(20)
        /// Between two attempts at a file that could not be read or to hand changes over.
        package var retryInterval = Duration.seconds(5)
        /// Between two readings of all folders once watches have run out.
        package var scanInterval = Duration.seconds(5)
        /// Files looked at and handed over together.
        package var batchCount = 256
        /// Files whose digests are computed at once.
        package var concurrentDigests = 4

        package init() {}
    }

    /// What went wrong without ending the watch; each is tried again.
    package enum Problem: Sendable {
        /// The user may have no more inotify watches, so all folders are read at intervals.
        case watchesExhausted(directory: String)
        /// The kernel's queue has run over, so all folders are read again.
        case queueOverflowed
        case unreadable(path: String, cause: any Error)
        /// Changes could not be handed over and are held back.
        case notAccepted(count: Int, cause: any Error)
    }

    /// The folder in a bucket in which `DirectoryObjectStore` writes what is not finished, where it can't do so beside the
    /// buckets; no object's key begins with it.
    static let stagingFolderName = ".turntable-staging"

    private nonisolated let thread = SerialThread(name: "buckets")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    let root: String
    let buckets: Set<String>
    let objects: any ObjectStore
    let journal: any ArrivalJournal
    /// What arrivals are stamped with.
    let clock: any WallClock
    /// By which files are written and closed.
    let machineClock: any WallClock
    let limits: Limits
    let source: any DirectoryEventSource
    /// Asks whether a file is being written.
    let probe: WriterProbe.Ask
    let report: @Sendable (Problem) -> Void
    let gate = SerialGate()

    var tree = WatchedTree()
    /// Files to be looked at again, and what they were when they were last looked at.
    var unsettled: [ObjectName: Unsettled] = [:]
    /// Files that have been reported as unreadable, which is done once.
    var unreadable: Set<ObjectName> = []
    /// Of the clock, while a file is to be looked at again that is perhaps finished.
    var settlingHold = ClockHold.none
    /// Those who wait until events up to a marker have been handled, by the markers.
    private var markers: [Int32: CheckedContinuation<Void, Never>] = [:]
    var recheckAlarm: Alarm?
    var scanAlarm: Alarm?
    var hasExhaustedWatches = false
    private var isRunning = false
    /// Cookies of the latest renames' first halves: the second half may come with the next reading of the queue.
    private var recentMoves: [UInt32] = []

    struct Unsettled {
        var due: Timestamp
        var identity: ObjectIdentity?
        /// Whether the next look decides; else some process still has it open for writing.
        var isSettling: Bool
    }

    /// - Parameters:
    ///   - root: The folder that holds the buckets' folders; made if absent.
    ///   - buckets: The buckets that matter; a bucket's folder may come later than the watcher.
    ///   - objects: The store over the same folder, which computes ETags.
    package init(
        root: String, buckets: Set<String>, objects: any ObjectStore, journal: any ArrivalJournal, clock: any WallClock,
        machineClock: (any WallClock)? = nil, limits: Limits = Limits(),
        report: @escaping @Sendable (Problem) -> Void = { _ in }
    ) throws {
        self.init(
            root: root, buckets: buckets, objects: objects, journal: journal, clock: clock,
            machineClock: machineClock, limits: limits, source: try Inotify(), report: report)
    }

    init(
        root: String, buckets: Set<String>, objects: any ObjectStore, journal: any ArrivalJournal, clock: any WallClock,
        machineClock: (any WallClock)? = nil, limits: Limits = Limits(), source: any DirectoryEventSource,
        probe: @escaping WriterProbe.Ask = WriterProbe.ask, report: @escaping @Sendable (Problem) -> Void = { _ in }
    ) {
        self.root = root
        self.buckets = buckets
        self.objects = objects
        self.journal = journal
        self.clock = clock
        self.machineClock = machineClock ?? clock
        self.limits = limits
        self.source = source
        self.probe = probe
        self.report = report
    }

    /// Reads what is there, then watches, until the task is cancelled.
    ///
    /// - Throws: `CancellationError`; `FileSystemError` when the folder can't be made or the kernel's queue breaks.
    /// - Parameter hold: Of the clock, from before the call; released when what is there has been read.
    package func run(releasing hold: ClockHold = .none) async throws {
        defer { hold.release() }
        try FileSystem.createDirectories(root)
        recheckAlarm = Alarm(clock: machineClock) { [weak self] in await self?.recheck() }
        scanAlarm = Alarm(clock: machineClock) { [weak self] in await self?.rescan() }
        isRunning = true
        defer {
            isRunning = false
            recheckAlarm = nil
            scanAlarm = nil
            allReached()
        }
        await rescan()
        hold.release()
        while true {
            let events = try await source.next()
            let others = events.filter { $0.kind != .unwatched || markers[$0.watch] == nil }
            if !others.isEmpty {
                let hold = clock.hold()
                await gate.run { await handle(others) }
                hold.release()
            }
            for event in events {
                switch event.kind {
                case .unwatched: markers.removeValue(forKey: event.watch)?.resume()
                // Markers may be among what was lost; all has been read again by now.
                case .queueOverflowed: allReached()
                default: break
                }
            }
        }
    }

    // MARK: - Catching up

    /// Returns when everything that was done to the buckets before the call has been noticed and handed over; at once where
    /// the user may have no more watches, since files are found by reading the folders then.
    package func catchUp() async {
        // The end of a watch stands in the kernel's queue behind all that happened before it.
        guard isRunning, let marker = try? source.watch("/") else { return }
        source.unwatch(marker)
        await withCheckedContinuation { markers[marker] = $0 }
    }

    private func allReached() {
        for waiter in markers.values { waiter.resume() }
        markers = [:]
    }

    // MARK: - Events

    /// What is to be done about an event, in the events' order.
    private enum Action {
        case look(ObjectName, Hint)
        case gone(ObjectName)
        case goneBelow(WatchedTree.Directory)
        case scan(WatchedTree.Directory)
        case scanAll
    }

    /// Why a file is looked at.
    enum Hint: Sendable {
        /// It was there when its directory was read.
        case found
        /// Its name has appeared: it is being written as a rule, else it is a link to a finished file.
        case created
        case closed
        case movedIn(isCopy: Bool)
        case recheck

        /// Whether the file may have been made this very moment, its writer not having opened it yet.
        var mayBeNew: Bool {
            switch self {
            case .found, .created: true
            case .closed, .movedIn, .recheck: false
            }
        }
    }

    private func handle(_ events: [DirectoryEvent]) async {
        var pending: [(ObjectName, Hint)] = []
        var positions: [ObjectName: Int] = [:]
        for event in events {
            guard let action = action(for: event) else { continue }
            switch action {
            case .look(let name, let hint):
                if let position = positions[name] {
                    if case .created = hint {} else { pending[position].1 = hint }
                } else {
                    positions[name] = pending.count
                    pending.append((name, hint))
                }
                continue
            default: break
            }
            await look(at: pending)
            pending = []
            positions = [:]
            switch action {
            case .look: break
            case .gone(let name): await remove([name])
            case .goneBelow(let directory): await removeMissing(below: directory)
            case .scan(let directory): await scan(directory)
            case .scanAll:
                report(.queueOverflowed)
                await scanAll()
            }
        }
        await look(at: pending)
    }

    private func action(for event: DirectoryEvent) -> Action? {
        if event.kind == .queueOverflowed { return .scanAll }
        if event.kind == .unwatched {
            tree.remove(event.watch)
            return nil
        }
        guard let directory = tree[event.watch] else { return nil }
        guard let name = event.name else {
            report(.unreadable(path: path(of: directory), cause: ArrivalError.nameNotUTF8(in: path(of: directory))))
            return nil
        }
        guard !isStaging(name, in: directory) else { return nil }
        if event.isDirectory || directory.bucket == nil {
            let child = directory.child(name)
            guard let bucket = child.bucket, buckets.contains(bucket) else { return nil }
            switch event.kind {
            case .created, .movedIn: return .scan(child)
            case .deleted, .movedOut:
                for watch in tree.removeSubtree(child) { source.unwatch(watch) }
                return .goneBelow(child)
            case .closedAfterWriting, .unwatched, .queueOverflowed: return nil
            }
        }
        guard let bucket = directory.bucket else { return nil }
        let object = ObjectName(bucket: bucket, key: directory.prefix + name)
        switch event.kind {
        case .created: return .look(object, .created)
        case .closedAfterWriting: return .look(object, .closed)
        case .movedIn: return .look(object, .movedIn(isCopy: recentMoves.contains(event.cookie)))
        case .movedOut:
            recentMoves.append(event.cookie)
            if recentMoves.count > limits.batchCount { recentMoves.removeFirst() }
            return .gone(object)
        case .deleted: return .gone(object)
        case .unwatched, .queueOverflowed: return nil
        }
    }

    // MARK: - The journal

    func accept(_ changes: [ObjectChange]) async {
        guard !changes.isEmpty else { return }
        _ = await insist(changes.count) { try await self.journal.accept(changes) }
    }

    /// Repeats a call of the journal until it succeeds: meanwhile the kernel's queue keeps what happens, and when that
    /// runs over, all is read again.
    ///
    /// - Returns: Nil when the task was cancelled first; then nothing has been accepted, and the next start finds it.
    func insist<Result: Sendable>(_ count: Int, _ call: () async throws -> Result) async -> Result? {
        while isRunning, !Task.isCancelled {
            do {
                return try await call()
            } catch is CancellationError {
                return nil
            } catch {
                report(.notAccepted(count: count, cause: error))
                guard (try? await machineClock.sleep(for: limits.retryInterval)) != nil else { return nil }
            }
        }
        return nil
    }
}

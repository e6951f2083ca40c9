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

    private let root: String
    private let buckets: Set<String>
    private let objects: any ObjectStore
    let journal: any ArrivalJournal
    let clock: any WallClock
    let limits: Limits
    private let source: any DirectoryEventSource
    private let report: @Sendable (Problem) -> Void
    private let gate = SerialGate()

    private var tree = WatchedTree()
    /// Files to be looked at again, and what they were when they were last looked at.
    private var unsettled: [ObjectName: Unsettled] = [:]
    /// Files that have been reported as unreadable, which is done once.
    private var unreadable: Set<ObjectName> = []
    private var recheckAlarm: Alarm?
    private var scanAlarm: Alarm?
    private var hasExhaustedWatches = false
    private var isRunning = false
    /// Cookies of the latest renames' first halves: the second half may come with the next reading of the queue.
    private var recentMoves: [UInt32] = []

    private struct Unsettled {
        var due: Timestamp
        var identity: ObjectIdentity?
    }

    /// - Parameters:
    ///   - root: The folder that holds the buckets' folders; made if absent.
    ///   - buckets: The buckets that matter; a bucket's folder may come later than the watcher.
    ///   - objects: The store over the same folder, which computes ETags.
    package init(
        root: String, buckets: Set<String>, objects: any ObjectStore, journal: any ArrivalJournal, clock: any WallClock,
        limits: Limits = Limits(), report: @escaping @Sendable (Problem) -> Void = { _ in }
    ) throws {
        self.init(
            root: root, buckets: buckets, objects: objects, journal: journal, clock: clock, limits: limits,
            source: try Inotify(), report: report)
    }

    init(
        root: String, buckets: Set<String>, objects: any ObjectStore, journal: any ArrivalJournal, clock: any WallClock,
        limits: Limits = Limits(), source: any DirectoryEventSource,
        report: @escaping @Sendable (Problem) -> Void = { _ in }
    ) {
        self.root = root
        self.buckets = buckets
        self.objects = objects
        self.journal = journal
        self.clock = clock
        self.limits = limits
        self.source = source
        self.report = report
    }

    /// Reads what is there, then watches, until the task is cancelled.
    ///
    /// - Throws: `CancellationError`; `FileSystemError` when the folder can't be made or the kernel's queue breaks.
    package func run() async throws {
        try FileSystem.createDirectories(root)
        recheckAlarm = Alarm(clock: clock) { [weak self] in await self?.recheck() }
        scanAlarm = Alarm(clock: clock) { [weak self] in await self?.rescan() }
        isRunning = true
        defer {
            isRunning = false
            recheckAlarm = nil
            scanAlarm = nil
        }
        await rescan()
        while true {
            let events = try await source.next()
            await gate.run { await handle(events) }
        }
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

    // MARK: - Folders

    private func path(of directory: WatchedTree.Directory) -> String {
        guard let bucket = directory.bucket else { return root }
        return "\(root)/\(bucket)/\(directory.prefix)"
    }

    private func path(of name: ObjectName) -> String { "\(root)/\(name.bucket)/\(name.key)" }

    /// Whether the directory store keeps unfinished writes under this name.
    private func isStaging(_ name: String, in directory: WatchedTree.Directory) -> Bool {
        directory.prefix.isEmpty && name == BucketWatcher.stagingFolderName
    }

    private func rescan() async { await gate.run { await scanAll() } }

    /// Watches and reads all buckets, and finds what went while nobody watched.
    private func scanAll() async {
        _ = watch(.root)
        for bucket in buckets.sorted() {
            let directory = WatchedTree.Directory(bucket: bucket, prefix: "")
            await scan(directory)
            await removeMissing(below: directory)
        }
        if hasExhaustedWatches { scanAlarm?.set(clock.now + limits.scanInterval) }
    }

    /// Watches a directory and those below it, and looks at the files in them.
    private func scan(_ top: WatchedTree.Directory) async {
        var directories = [top]
        var found: [(ObjectName, Hint)] = []
        while let directory = directories.popLast() {
            guard !Task.isCancelled, let bucket = directory.bucket, watch(directory) else { continue }
            let names: [String]
            do {
                names = try FileSystem.list(path(of: directory))
            } catch {
                if !error.isNotFound { report(.unreadable(path: path(of: directory), cause: error)) }
                continue
            }
            for name in names where !isStaging(name, in: directory) {
                let object = ObjectName(bucket: bucket, key: directory.prefix + name)
                guard let status = try? FileSystem.status(path(of: object), followsLink: false) else { continue }
                switch status.kind {
                case .directory: directories.append(directory.child(name))
                case .file: found.append((object, .found))
                case .link, .other: break
                }
                if found.count >= limits.batchCount {
                    await look(at: found)
                    found = []
                }
            }
        }
        await look(at: found)
    }

    /// Asks the kernel to watch a directory.
    ///
    /// - Returns: Whether the directory can be read, be it watched or not.
    private func watch(_ directory: WatchedTree.Directory) -> Bool {
        let path = path(of: directory)
        do {
            tree.insert(directory, watch: try source.watch(path))
            return true
        } catch let error as FileSystemError where error.isNotFound {
            return false
        } catch let error as FileSystemError where error.code == ENOSPC || error.code == ENOMEM {
            if !hasExhaustedWatches { report(.watchesExhausted(directory: path)) }
            hasExhaustedWatches = true
            return true
        } catch {
            report(.unreadable(path: path, cause: error))
            return false
        }
    }

    // MARK: - Files

    private func recheck() async {
        await gate.run {
            let now = clock.now
            let due = unsettled.filter { $0.value.due <= now }.map { ($0.key, Hint.recheck) }
            await look(at: due.sorted { ($0.0.bucket, $0.0.key) < ($1.0.bucket, $1.0.key) })
            setRecheckAlarm()
        }
    }

    private func setRecheckAlarm() { recheckAlarm?.set(unsettled.values.map(\.due).min()) }

    private func lookAgain(at name: ObjectName, identity: ObjectIdentity?, after interval: Duration) {
        unsettled[name] = Unsettled(due: clock.now + interval, identity: identity)
    }

    /// Looks at files and hands over those that have arrived.
    private func look(at candidates: [(ObjectName, Hint)]) async {
        for start in stride(from: 0, to: candidates.count, by: limits.batchCount) {
            let batch = candidates[start..<min(start + limits.batchCount, candidates.count)]
            let ready = batch.compactMap { candidate($0, $1) }
            guard !ready.isEmpty, !Task.isCancelled else { continue }
            await offer(ready)
        }
        if !candidates.isEmpty { setRecheckAlarm() }
    }

    /// A finished file that is perhaps an arrival.
    private struct Candidate {
        var name: ObjectName
        var identity: ObjectIdentity
        /// Whether it was renamed from another key.
        var isCopy = false
        /// Whether it was announced as written: then the same identity does not prove the same content.
        var isAnnounced = false
    }

    /// Returns the file as a candidate when it is one and nobody writes to it.
    private func candidate(_ name: ObjectName, _ hint: Hint) -> Candidate? {
        let last = unsettled.removeValue(forKey: name)
        let path = path(of: name)
        do throws(FileSystemError) {
            guard let status = try FileSystem.status(path, followsLink: false), status.kind == .file else { return nil }
            let identity = ObjectIdentity(status)
            var candidate = Candidate(name: name, identity: identity)
            switch hint {
            case .closed: candidate.isAnnounced = true
            case .movedIn(let isCopy):
                candidate.isAnnounced = true
                candidate.isCopy = isCopy
            case .found, .created, .recheck: break
            }
            switch try WriterProbe.ask(path) {
            case .closed:
                // Between the making of a file and its being open the kernel says that nobody writes to it.
                guard case .created = hint, status.byteCount == 0 else { return candidate }
                lookAgain(at: name, identity: identity, after: limits.settleInterval)
            case .open:
                // The closing of a file that is being made is still to be told.
                if case .created = hint { return nil }
                lookAgain(
                    at: name, identity: identity,
                    after: candidate.isAnnounced ? limits.closingInterval : limits.settleInterval)
            case .unknown:
                if candidate.isAnnounced || last?.identity == identity { return candidate }
                lookAgain(at: name, identity: identity, after: limits.settleInterval)
            }
        } catch {
            guard !error.isNotFound else { return nil }
            tryLater(name, error)
        }
        return nil
    }

    /// Has a file that can't be read looked at again, and reports it the first time.
    private func tryLater(_ name: ObjectName, _ error: any Error) {
        if unreadable.insert(name).inserted { report(.unreadable(path: path(of: name), cause: error)) }
        lookAgain(at: name, identity: nil, after: limits.retryInterval)
    }

    /// Hands over those candidates that are not what the journal remembers; holds on until it takes them.
    private func offer(_ candidates: [Candidate]) async {
        guard let seen = await insist(candidates.count, { try await self.journal.seen(candidates.map(\.name)) }) else {
            return
        }
        let fresh = candidates.filter { $0.isAnnounced || seen[$0.name]?.identity != $0.identity }
        let digests = await digests(of: fresh)
        let now = clock.now
        var changes: [ObjectChange] = []
        for (candidate, digest) in zip(fresh, digests) {
            guard let digest else { continue }
            if let known = seen[candidate.name], known.identity == candidate.identity, known.eTag == digest { continue }
            changes.append(
                ObjectChange(
                    name: candidate.name, kind: candidate.isCopy ? .copy : .put, time: now,
                    identity: candidate.identity,
                    eTag: digest))
        }
        await accept(changes)
    }

    /// The ETag of each file; nil for those that have gone or can't be read, which are looked at again.
    private func digests(of candidates: [Candidate]) async -> [String?] {
        enum Outcome { case digest(String), gone, failed(any Error) }
        let objects = objects
        var outcomes = [Outcome](repeating: .gone, count: candidates.count)
        await withTaskGroup(of: (Int, Outcome).self) { group in
            var next = 0
            func begin() {
                guard next < candidates.count else { return }
                let (index, name) = (next, candidates[next].name)
                next += 1
                group.addTask {
                    do {
                        return (index, .digest(try await objects.head(name.key, in: name.bucket).eTag))
                    } catch let error as ObjectStoreError
                        where [.notFound, .noSuchBucket, .notAnObject].contains(error.code)
                    {
                        return (index, .gone)
                    } catch {
                        return (index, .failed(error))
                    }
                }
            }
            for _ in 0..<limits.concurrentDigests { begin() }
            for await (index, outcome) in group {
                outcomes[index] = outcome
                begin()
            }
        }
        return zip(candidates, outcomes).map { candidate, outcome in
            switch outcome {
            case .digest(let digest):
                unreadable.remove(candidate.name)
                return digest
            case .gone: return nil
            case .failed(let error):
                if !(error is CancellationError) { tryLater(candidate.name, error) }
                return nil
            }
        }
    }

    // MARK: - Removals

    private func remove(_ names: [ObjectName]) async {
        for name in names {
            unsettled[name] = nil
            unreadable.remove(name)
        }
        guard let seen = await insist(names.count, { try await self.journal.seen(names) }) else { return }
        let now = clock.now
        await accept(names.filter { seen[$0] != nil }.map { ObjectChange(name: $0, kind: .removed, time: now) })
    }

    /// Tells of the objects that are remembered below a directory and no longer there.
    private func removeMissing(below directory: WatchedTree.Directory) async {
        guard let bucket = directory.bucket else { return }
        var last: String?
        while !Task.isCancelled {
            let (after, limit) = (last, limits.batchCount)
            let keys = await insist(0) {
                try await self.journal.seenKeys(in: bucket, prefix: directory.prefix, after: after, limit: limit)
            }
            guard let keys, !keys.isEmpty else { return }
            last = keys.last
            let missing = keys.map { ObjectName(bucket: bucket, key: $0) }.filter { name in
                guard let status = try? FileSystem.status(path(of: name), followsLink: false) else { return true }
                return status.kind != .file
            }
            if !missing.isEmpty { await remove(missing) }
            if keys.count < limit { return }
        }
    }

    // MARK: - The journal

    private func accept(_ changes: [ObjectChange]) async {
        guard !changes.isEmpty else { return }
        _ = await insist(changes.count) { try await self.journal.accept(changes) }
    }

    /// Repeats a call of the journal until it succeeds: meanwhile the kernel's queue keeps what happens, and when that
    /// runs over, all is read again.
    ///
    /// - Returns: Nil when the task was cancelled first; then nothing has been accepted, and the next start finds it.
    private func insist<Result: Sendable>(_ count: Int, _ call: () async throws -> Result) async -> Result? {
        while isRunning, !Task.isCancelled {
            do {
                return try await call()
            } catch is CancellationError {
                return nil
            } catch {
                report(.notAccepted(count: count, cause: error))
                guard (try? await clock.sleep(for: limits.retryInterval)) != nil else { return nil }
            }
        }
        return nil
    }
}

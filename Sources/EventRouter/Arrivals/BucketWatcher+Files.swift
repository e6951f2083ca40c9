import Clocks
import FileSystem
import Storage

extension BucketWatcher {
    func recheck() async {
        await gate.run {
            let now = machineClock.now
            let due = unsettled.filter { $0.value.due <= now }.map { ($0.key, Hint.recheck) }
            await look(at: due.sorted { ($0.0.bucket, $0.0.key) < ($1.0.bucket, $1.0.key) })
            setRecheckAlarm()
        }
    }

    func setRecheckAlarm() {
        recheckAlarm?.set(unsettled.values.map(\.due).min())
        let before = settlingHold
        settlingHold = unsettled.values.contains(where: \.isSettling) ? clock.hold() : .none
        before.release()
    }

    func lookAgain(
        at name: ObjectName, identity: ObjectIdentity?, after interval: Duration, isSettling: Bool = false
    ) {
        unsettled[name] = Unsettled(due: machineClock.now + interval, identity: identity, isSettling: isSettling)
    }

    /// Looks at files and hands over those that have arrived.
    func look(at candidates: [(ObjectName, Hint)]) async {
        for start in stride(from: 0, to: candidates.count, by: limits.batchCount) {
            let batch = candidates[start..<min(start + limits.batchCount, candidates.count)]
            let ready = batch.compactMap { candidate($0, $1) }
            guard !ready.isEmpty, !Task.isCancelled else { continue }
            await offer(ready)
        }
        if !candidates.isEmpty { setRecheckAlarm() }
    }

    /// A finished file that is perhaps an arrival.
    struct Candidate {
        var name: ObjectName
        var identity: ObjectIdentity
        /// Whether it was renamed from another key.
        var isCopy = false
        /// Whether it was announced as written: then the same identity does not prove the same content.
        var isAnnounced = false
    }

    /// Returns the file as a candidate when it is one and nobody writes to it.
    func candidate(_ name: ObjectName, _ hint: Hint) -> Candidate? {
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
            switch try probe(path) {
            case .closed:
                // The last writer may have written on before it was gone.
                guard let settled = try FileSystem.status(path, followsLink: false), settled.kind == .file else {
                    return nil
                }
                candidate.identity = ObjectIdentity(settled)
                // Between the making of a file and its being open the kernel says that nobody writes to it.
                guard hint.mayBeNew, settled.byteCount == 0 else { return candidate }
                lookAgain(
                    at: name, identity: candidate.identity, after: limits.settleInterval, isSettling: true)
            case .open:
                // The closing of a file that is being made is still to be told.
                if case .created = hint { return nil }
                lookAgain(
                    at: name, identity: identity,
                    after: candidate.isAnnounced ? limits.closingInterval : limits.settleInterval)
            case .unknown:
                if candidate.isAnnounced || last?.identity == identity { return candidate }
                lookAgain(at: name, identity: identity, after: limits.settleInterval, isSettling: true)
            }
        } catch {
            guard !error.isNotFound else { return nil }
            tryLater(name, error)
        }
        return nil
    }

    /// Has a file that can't be read looked at again, and reports it the first time.
    func tryLater(_ name: ObjectName, _ error: any Error) {
        if unreadable.insert(name).inserted { report(.unreadable(path: path(of: name), cause: error)) }
        lookAgain(at: name, identity: nil, after: limits.retryInterval)
    }

    /// Hands over those candidates that are not what the journal remembers; holds on until it takes them.
    func offer(_ candidates: [Candidate]) async {
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
    func digests(of candidates: [Candidate]) async -> [String?] {
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
}

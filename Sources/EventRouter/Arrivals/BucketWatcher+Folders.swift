import Clocks
import FileSystem
import Glibc

extension BucketWatcher {
    func path(of directory: WatchedTree.Directory) -> String {
        guard let bucket = directory.bucket else { return root }
        return "\(root)/\(bucket)/\(directory.prefix)"
    }

    func path(of name: ObjectName) -> String { "\(root)/\(name.bucket)/\(name.key)" }

    /// Whether the directory store keeps unfinished writes under this name.
    func isStaging(_ name: String, in directory: WatchedTree.Directory) -> Bool {
        directory.prefix.isEmpty && name == BucketWatcher.stagingFolderName
    }

    func rescan() async { await gate.run { await scanAll() } }

    /// Watches and reads all buckets, and finds what went while nobody watched.
    func scanAll() async {
        _ = watch(.root)
        for bucket in buckets.sorted() {
            let directory = WatchedTree.Directory(bucket: bucket, prefix: "")
            await scan(directory)
            await removeMissing(below: directory)
        }
        if hasExhaustedWatches { scanAlarm?.set(machineClock.now + limits.scanInterval) }
    }

    /// Watches a directory and those below it, and looks at the files in them.
    func scan(_ top: WatchedTree.Directory) async {
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
    func watch(_ directory: WatchedTree.Directory) -> Bool {
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

    func remove(_ names: [ObjectName]) async {
        for name in names {
            unsettled[name] = nil
            unreadable.remove(name)
        }
        guard let seen = await insist(names.count, { try await self.journal.seen(names) }) else { return }
        let now = clock.now
        await accept(names.filter { seen[$0] != nil }.map { ObjectChange(name: $0, kind: .removed, time: now) })
    }

    /// Tells of the objects that are remembered below a directory and no longer there.
    func removeMissing(below directory: WatchedTree.Directory) async {
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
}

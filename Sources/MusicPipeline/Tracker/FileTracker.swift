package import Clocks
package import MusicKPIs
package import Storage

/// What has become of each file version, in the tracker table.
///
/// An item is `pk = FILE#<bucket>/<key>`, `sk = <ETag>`. A file is worked on under a lease: the owner (an execution) may
/// take it again, another one only when it has run out.
package struct FileTracker: Sendable {
    package enum Status: String, Sendable {
        case pending = "PENDING"
        case processing = "PROCESSING"
        case processed = "PROCESSED"
        case failed = "FAILED"
        case quarantined = "QUARANTINED"
    }

    /// How long a file belongs to an owner that says nothing more: longer than a function may run.
    package static let leaseDuration = Duration.seconds(1_800)

    private let table: any Table
    private let clock: any WallClock

    package init(table: any Table, clock: any WallClock) {
        self.table = table
        self.clock = clock
    }

    private func key(_ source: StreamSource) -> TableKey {
        TableKey(partition: .string("FILE#\(source.bucket)/\(source.key)"), sort: .string(source.eTag))
    }

    /// What the table says of a file version; nil when it was never seen.
    package func status(of source: StreamSource) async throws -> Status? {
        try await table.get(key(source))?["status"]?.stringValue.flatMap(Status.init)
    }

    /// How a file version stands, and since when.
    package struct Entry: Sendable, Hashable {
        package let status: Status
        fileprivate let updated: String
    }

    /// What there is to do for a file version that was found in its place.
    package enum Standing: Sendable, Hashable {
        /// Nothing: it was processed, or was moved to quarantine by another.
        case done
        /// It is to be worked on, with what the table says of it.
        case open(Entry?)
    }

    /// How a file version that was found in its place stands.
    package func standing(of source: StreamSource, in objects: any ObjectStore) async throws -> Standing {
        let item = try await table.get(key(source))
        guard let status = item?["status"]?.stringValue.flatMap(Status.init) else { return .open(nil) }
        if status == .processed { return .done }
        // What is there after its quarantine was put there again.
        if status == .quarantined, try await objects.headIfPresent(source.key, in: source.bucket)?.eTag != source.eTag {
            return .done
        }
        return .open(Entry(status: status, updated: item?["updated"]?.stringValue ?? ""))
    }

    /// Whether some version of the object is done with: of use when its ETag is not known and the object is gone.
    package func hasFinishedVersion(bucket: String, key: String) async throws -> Bool {
        let items = try await table.queryAll(.string("FILE#\(bucket)/\(key)"))
        return items.contains { item in
            let status = item["status"]?.stringValue
            return status == Status.processed.rawValue || status == Status.quarantined.rawValue
        }
    }

    /// Takes the lease on a file version for `owner`.
    ///
    /// - Parameter seen: What ``standing(of:in:)`` gave. A file that was quarantined since then is no longer there, whoever saw
    ///   it, and stays quarantined.
    /// - Returns: False when the version is processed already.
    /// - Throws: ``PipelineError`` `.leaseHeld` when another owner has it, or had it since.
    package func acquire(_ source: StreamSource, owner: String, seen: Entry?) async throws -> Bool {
        let now = clock.now
        var isAsSeen = Condition.or([
            .attributeNotExists("status"), .notEquals("status", .string(Status.quarantined.rawValue)),
        ])
        if let seen, seen.status == .quarantined {
            isAsSeen = .or([isAsSeen, .equals("updated", .string(seen.updated))])
        }
        let isFree = Condition.or([
            .attributeNotExists("status"), .equals("owner", .string(owner)),
            .and([
                .notEquals("status", .string(Status.processed.rawValue)),
                .or([
                    .attributeNotExists("lease_expires"),
                    .lessThan("lease_expires", .int(Int(now.millisecondsSinceEpoch))),
                ]),
            ]),
        ])
        let isOpen = Condition.or([
            .attributeNotExists("status"), .notEquals("status", .string(Status.processed.rawValue)),
        ])
        do {
            _ = try await table.update(
                key(source),
                set: [
                    "status": .string(Status.processing.rawValue), "owner": .string(owner), "execution": .string(owner),
                    "lease_expires": .int(Int((now + FileTracker.leaseDuration).millisecondsSinceEpoch)),
                    "updated": .string(now.iso8601),
                ],
                add: ["attempt": 1], remove: [], condition: .and([isFree, isOpen, isAsSeen]))
            return true
        } catch let error as TableError where error.isConditionFailed {
            if try await status(of: source) == .processed { return false }
            throw PipelineError(
                .leaseHeld,
                "\(source.bucket)/\(source.key) is being processed by another execution; try again when its lease ends")
        }
    }

    /// Marks what has become of a file version, and ends the lease. A version that is processed stays so, and one that is
    /// quarantined doesn't fail any more.
    package func mark(_ source: StreamSource, _ status: Status, owner: String, counts: [String: Int] = [:]) async throws
    {
        let now = clock.now
        var set: Item = [
            "status": .string(status.rawValue), "execution": .string(owner), "updated": .string(now.iso8601),
            "bucket": .string(source.bucket), "key": .string(source.key), "etag": .string(source.eTag),
        ]
        for (name, count) in counts { set[name] = .int(count) }
        let better: [Status] = status == .failed ? [.processed, .quarantined] : [.processed]
        let isOpen = Condition.or([
            .attributeNotExists("status"),
            .and(better.map { .notEquals("status", .string($0.rawValue)) }),
        ])
        do {
            _ = try await table.update(
                key(source), set: set, add: [:], remove: ["lease_expires", "owner"],
                condition: status == .processed ? nil : isOpen)
        } catch let error as TableError where error.isConditionFailed {
            // Somebody else came to a better end meanwhile, and it stays.
        }
    }
}

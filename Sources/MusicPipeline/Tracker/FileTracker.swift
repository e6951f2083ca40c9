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

    /// How a file version stands; nil when it was never seen.
    package func status(of source: StreamSource) async throws -> Status? {
        try await table.get(key(source))?["status"]?.stringValue.flatMap(Status.init)
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
    /// - Returns: False when the version is processed already.
    /// - Throws: ``PipelineError`` `.leaseHeld` when another owner has it.
    package func acquire(_ source: StreamSource, owner: String) async throws -> Bool {
        let now = clock.now
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
                add: ["attempt": 1], remove: [], condition: .and([isFree, isOpen]))
            return true
        } catch let error as TableError where error.isConditionFailed {
            if try await status(of: source) == .processed { return false }
            throw PipelineError(
                .leaseHeld,
                "\(source.bucket)/\(source.key) is being processed by another execution; try again when its lease ends")
        }
    }

    /// Marks what has become of a file version, and ends the lease. A version that is processed stays so.
    package func mark(_ source: StreamSource, _ status: Status, owner: String, counts: [String: Int] = [:]) async throws
    {
        let now = clock.now
        var set: Item = [
            "status": .string(status.rawValue), "execution": .string(owner), "updated": .string(now.iso8601),
            "bucket": .string(source.bucket), "key": .string(source.key), "etag": .string(source.eTag),
        ]
        for (name, count) in counts { set[name] = .int(count) }
        let isOpen = Condition.or([
            .attributeNotExists("status"), .notEquals("status", .string(FileTracker.Status.processed.rawValue)),
        ])
        do {
            _ = try await table.update(
                key(source), set: set, add: [:], remove: ["lease_expires", "owner"],
                condition: status == .processed ? nil : isOpen)
        } catch let error as TableError where error.isConditionFailed {
            // Processed by somebody else meanwhile: that is the better end, and it stays.
        }
    }
}

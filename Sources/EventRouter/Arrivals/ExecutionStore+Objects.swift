import Clocks
import SQLite

/// What is kept of an accepted arrival.
struct AcceptedChange: Sendable {
    var change: ObjectChange
    var sequencer: String
}

extension ExecutionStore {
    /// The name under which the last sequencer is kept.
    static let sequencerName = "sequencer"

    /// Returns which versions of these objects have been accepted.
    func seen(_ names: [ObjectName]) throws(ExecutionError) -> [ObjectName: SeenObject] {
        try reporting("read") {
            var found: [ObjectName: SeenObject] = [:]
            for name in names {
                try database.rows(
                    "SELECT inode, size, modified, etag FROM objects WHERE bucket = ? AND key = ?",
                    [.text(name.bucket), .text(name.key)]
                ) { row in
                    let identity = ObjectIdentity(
                        inode: UInt64(bitPattern: row.integer(0)), byteCount: Int(row.integer(1)),
                        modifiedNanoseconds: row.integer(2))
                    found[name] = SeenObject(identity: identity, eTag: row.text(3))
                }
            }
            return found
        }
    }

    func seenKeys(in bucket: String, prefix: String, after: String?, limit: Int) throws(ExecutionError) -> [String] {
        try reporting("read") {
            var keys: [String] = []
            // Keys are compared by their bytes, so those with the prefix follow it without a gap.
            try database.rows(
                "SELECT key FROM objects WHERE bucket = ? AND key >= ? AND key > ? ORDER BY key LIMIT ?",
                [.text(bucket), .text(prefix), .text(after ?? ""), .integer(Int64(limit))]
            ) { row in
                keys.append(row.text(0))
            }
            return Array(keys.prefix { $0.utf8.starts(with: prefix.utf8) })
        }
    }

    /// The last sequencer that was kept; 0 when there is none.
    func lastSequencer() throws(ExecutionError) -> UInt64 {
        try reporting("read") {
            UInt64(bitPattern: try database.integer("SELECT value FROM memory WHERE name = 'sequencer'") ?? 0)
        }
    }

    /// Remembers changes, in their order, and keeps what is to be delivered of them, in one transaction.
    func accept(
        _ changes: [AcceptedChange], deliveries: [QueuedDelivery], lastSequencer: UInt64
    ) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                for accepted in changes {
                    let name = accepted.change.name
                    guard let identity = accepted.change.identity else {
                        try database.execute(
                            "DELETE FROM objects WHERE bucket = ? AND key = ?", [.text(name.bucket), .text(name.key)])
                        continue
                    }
                    try database.execute(
                        """
                        INSERT OR REPLACE INTO objects(bucket, key, inode, size, modified, etag, sequencer)
                        VALUES(?, ?, ?, ?, ?, ?, ?)
                        """,
                        [
                            .text(name.bucket), .text(name.key), .integer(Int64(bitPattern: identity.inode)),
                            .integer(Int64(identity.byteCount)), .integer(identity.modifiedNanoseconds),
                            .text(accepted.change.eTag), .text(accepted.sequencer),
                        ])
                }
                try database.execute(
                    "INSERT OR REPLACE INTO memory(name, value) VALUES(?, ?)",
                    [.text(ExecutionStore.sequencerName), .integer(Int64(bitPattern: lastSequencer))])
                try insert(deliveries)
            }
        }
    }

    /// What is remembered under a name.
    func memory(_ name: String) throws(ExecutionError) -> [UInt8]? {
        try reporting("read") {
            var value: [UInt8]?
            try database.rows("SELECT value FROM memory WHERE name = ?", [.text(name)]) { value = $0.blob(0) }
            return value
        }
    }
}

package import JSON

/// An object as a poll of a bucket found it.
package struct SensedObject: Sendable, Hashable {
    package let key: String
    package let byteCount: Int
    /// When its content last changed, in nanoseconds since 1970: finer than a ``Timestamp``, since a file may be
    /// written to twice within a millisecond.
    package let modifiedNanoseconds: Int64
    /// The ETag, where the poll knows it without reading the object.
    package let eTag: String?

    package init(key: String, byteCount: Int, modifiedNanoseconds: Int64, eTag: String? = nil) {
        self.key = key
        self.byteCount = byteCount
        self.modifiedNanoseconds = modifiedNanoseconds
        self.eTag = eTag
    }

    /// Whether nothing tells that `other` has another content.
    func isSameVersion(as other: SensedObject) -> Bool {
        guard byteCount == other.byteCount, modifiedNanoseconds == other.modifiedNanoseconds else { return false }
        guard let eTag, let otherTag = other.eTag else { return true }
        return eTag == otherTag
    }
}

/// What a sensor remembers from poll to poll, and its decision which files have arrived.
///
/// A file has arrived when two polls in a row find it with the same size and time of change; each version of a file is
/// announced once. Files that are there at the first poll count like any other. A file that was gone for a poll is new
/// when it comes back.
package struct SensorState: Sendable, Hashable {
    private struct Seen: Sendable, Hashable {
        var object: SensedObject
        var isAnnounced: Bool
    }

    private var seen: [String: Seen] = [:]

    package init() {}

    /// How many files are remembered: never more than the last poll found.
    package var count: Int { seen.count }

    /// Whether a file is waiting to be found unchanged, so that a next poll may announce it.
    package var isUnsettled: Bool { seen.values.contains { !$0.isAnnounced } }

    /// Takes in what a poll found and returns the files that have arrived with it, in the order of their keys.
    ///
    /// - Parameter listing: All objects that the sensor watches, in any order; of a key given twice the last counts.
    package mutating func observe(_ listing: some Sequence<SensedObject>) -> [SensedObject] {
        var next: [String: Seen] = [:]
        for object in listing {
            guard let before = seen[object.key], before.object.isSameVersion(as: object) else {
                next[object.key] = Seen(object: object, isAnnounced: false)
                continue
            }
            next[object.key] = Seen(object: object, isAnnounced: true)
        }
        let arrivals = next.values.filter { $0.isAnnounced && seen[$0.object.key]?.isAnnounced == false }
        seen = next
        return arrivals.map(\.object).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}

extension SensorState {
    /// The state as JSON, to go on with after a restart: a list of `[key, size, time of change, ETag or null, whether
    /// announced]`, ordered by key.
    package var json: JSONValue {
        let entries = seen.values.sorted { $0.object.key.utf8.lexicographicallyPrecedes($1.object.key.utf8) }
        return .array(
            entries.map { entry in
                .array([
                    .string(entry.object.key), .int(entry.object.byteCount),
                    .int(Int(entry.object.modifiedNanoseconds)),
                    entry.object.eTag.map(JSONValue.string) ?? .null, .bool(entry.isAnnounced),
                ])
            })
    }

    /// Reads what ``json`` gave; nil when `json` is nothing of that kind.
    package init?(json: JSONValue) {
        guard let entries = json.arrayValue else { return nil }
        for entry in entries {
            guard let fields = entry.arrayValue, fields.count == 5, let key = fields[0].stringValue,
                let byteCount = fields[1].intValue, let modified = fields[2].intValue,
                fields[3].isNull || fields[3].stringValue != nil, let isAnnounced = fields[4].boolValue
            else { return nil }
            let object = SensedObject(
                key: key, byteCount: byteCount, modifiedNanoseconds: Int64(modified), eTag: fields[3].stringValue)
            seen[key] = Seen(object: object, isAnnounced: isAnnounced)
        }
    }
}

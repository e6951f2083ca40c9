package import Clocks

/// What happened in a world, in its order.
package struct Timeline: Sendable {
    package struct Entry: Sendable, CustomStringConvertible {
        package var time: Timestamp
        package var what: String
        package var fault: Fault?

        package var description: String {
            let seconds = (time - WorldPlan.beginning).inSeconds
            let whole = Int(seconds)
            let clock =
                "\(whole / 3_600):\(Timeline.two(whole / 60 % 60)):\(Timeline.two(whole % 60))."
                + String(String(1_000 + Int(seconds * 1_000) % 1_000).dropFirst())
            return "\(clock)  \(what)" + (fault.map { "   <-- \($0.kind.rawValue)" } ?? "")
        }
    }

    package private(set) var entries: [Entry] = []
    /// Entries kept at most; what comes after is counted.
    static let entryLimit = 50_000
    package private(set) var dropped = 0

    mutating func note(_ time: Timestamp, _ what: String, _ fault: Fault? = nil) {
        guard entries.count < Timeline.entryLimit else {
            dropped += 1
            return
        }
        entries.append(Entry(time: time, what: what, fault: fault))
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

/// What became of one world.
package struct WorldResult: Sendable {
    package var plan: WorldPlan
    /// What did not hold; empty when all did.
    package var violations: [String]
    /// The faults that struck.
    package var faults: [Fault]
    /// Crash points that were passed, and those at which a crash struck.
    package var points: Set<String>
    package var struckPoints: Set<String>
    /// SHA-256 of histories, objects, tables and logs.
    package var digest: String
    package var executions: [String: Int]
    package var invocations: Int
    package var acts: Int
    package var virtualDuration: Duration
    package var timeline: Timeline

    package var holds: Bool { violations.isEmpty }

    /// How another life of the same plan came out differently; nil when it did not.
    package func difference(from other: WorldResult) -> String? {
        let pairs = zip(timeline.entries, other.timeline.entries)
        if let (one, two) = pairs.first(where: { $0.description != $1.description }) {
            return "lived twice, it came out differently: once \(one), once \(two)"
        }
        if timeline.entries.count != other.timeline.entries.count {
            return
                "lived twice, \(timeline.entries.count) things happened once, \(other.timeline.entries.count) the other time"
        }
        return digest == other.digest
            ? nil : "lived twice, the same things happened, and the digests differ: \(digest) and \(other.digest)"
    }
}

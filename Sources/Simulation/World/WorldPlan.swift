package import Clocks

/// What a world is made of: the same for the same values, on any machine.
package struct WorldPlan: Sendable, Hashable {
    package var seed: UInt64
    /// Input files of the world.
    package var fileCount: Int
    /// Only these files arrive, by their number from 0; nil for all.
    package var files: Set<Int>?
    package var kinds: Set<FaultKind>
    /// Only these faults strike; nil for as many as the seed gives.
    package var faults: Set<Fault>?

    package init(
        seed: UInt64, fileCount: Int = 12, files: Set<Int>? = nil, kinds: Set<FaultKind> = Set(FaultKind.allCases),
        faults: Set<Fault>? = nil
    ) {
        self.seed = seed
        self.fileCount = fileCount
        self.files = files
        self.kinds = kinds
        self.faults = faults
    }

    var chance: Chance { Chance(seed: seed) }

    /// When every world begins.
    package static let beginning = Timestamp(microsecondsSinceEpoch: 1_719_273_600_000_000)
}

/// A file that arrives.
package struct WorldFile: Sendable, Hashable {
    package var bucket: String
    package var key: String
    package var bytes: [UInt8]
    /// Whether its arrival is told of; others, such as references, are just there.
    package var isAnnounced: Bool

    package init(bucket: String, key: String, bytes: [UInt8], isAnnounced: Bool) {
        self.bucket = bucket
        self.key = key
        self.bytes = bytes
        self.isAnnounced = isAnnounced
    }
}

/// What a world is filled with and held against: the sample pipeline's, or programs that a template names.
package protocol Scenario: Sendable {
    /// The files of a world. Those that are not announced come first.
    func files(_ plan: WorldPlan) throws -> [WorldFile]
    /// What does not hold of a world that has come to rest; empty when all does.
    ///
    /// - Parameter data: The world's data folder.
    func violations(data: String, files: [WorldFile]) async throws -> [String]
}

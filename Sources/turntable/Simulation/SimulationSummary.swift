import Digest
import JSON
import Simulation

/// What many worlds came to together.
struct SimulationSummary {
    private(set) var worlds = 0
    private(set) var held = 0
    /// Seeds whose worlds do not hold.
    private(set) var failedSeeds: [UInt64] = []
    private(set) var faults: [FaultKind: Int] = [:]
    /// Kinds of places at which something can be killed, as the worlds passed them, and those at which something was.
    private(set) var points: Set<String> = []
    private(set) var struckPoints: Set<String> = []
    private(set) var executions: [String: Int] = [:]
    private(set) var invocations = 0
    private(set) var acts = 0
    private(set) var seconds = 0.0
    private var digests = SHA256Hasher()

    /// Adds a world; the digest depends on their order.
    mutating func add(_ result: WorldResult) {
        worlds += 1
        if result.holds { held += 1 } else { failedSeeds.append(result.plan.seed) }
        for fault in result.faults { faults[fault.kind, default: 0] += 1 }
        points.formUnion(result.points)
        struckPoints.formUnion(result.struckPoints)
        for (status, count) in result.executions { executions[status, default: 0] += count }
        invocations += result.invocations
        acts += result.acts
        digests.update(Array("\(result.plan.seed) \(result.digest)\n".utf8))
    }

    mutating func took(_ duration: Duration) {
        let (whole, attoseconds) = duration.components
        seconds = Double(whole) + Double(attoseconds) / 1e18
    }

    var worldsPerSecond: Double { (Double(worlds) / max(seconds, 0.001) * 10).rounded() / 10 }
    var pointsLeft: [String] { points.subtracting(struckPoints).sorted() }
    /// SHA-256 of the seeds and their worlds' digests.
    var digest: String { hex(digests.finish()) }

    var json: JSONValue {
        [
            "worlds": .int(worlds), "held": .int(held),
            "failed_seeds": .array(failedSeeds.map { .string("\($0)") }),
            "seconds": .double((seconds * 100).rounded() / 100),
            "worlds_per_second": .double(worldsPerSecond), "invocations": .int(invocations), "acts": .int(acts),
            "faults": .object(JSONObject(FaultKind.allCases.map { ($0.rawValue, .int(faults[$0] ?? 0)) })),
            "executions": .object(JSONObject(executions.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })),
            "crash_points": .int(points.count), "crash_points_struck": .int(struckPoints.count),
            "crash_points_left": .array(pointsLeft.map { .string($0) }), "digest": .string(digest),
        ]
    }

    var text: String {
        let ended = executions.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let rows = FaultKind.allCases.map { [$0.rawValue, "\(faults[$0] ?? 0)"] }
        var lines = [
            "\(held) of \(worlds) worlds hold; \(worldsPerSecond) worlds a second, \(invocations) invocations, "
                + "\(acts) crash points passed",
            "faults:", TextTable(rows, indent: 2).text + "executions: \(ended)",
            "a crash struck at \(struckPoints.count) of \(points.count) kinds of places",
        ]
        if !failedSeeds.isEmpty {
            lines.append("these do not hold: \(failedSeeds.map { "\($0)" }.joined(separator: ", "))")
        }
        if !pointsLeft.isEmpty { lines.append("none at: \(pointsLeft.joined(separator: ", "))") }
        return lines.joined(separator: "\n")
    }
}

import Clocks
import JSON
import StatesLanguage

/// Transitions per second of the States Language's reducer, with the histories made as values. Not measured: writing
/// them down.
enum ReducerTransitions {
    static let runs = 20

    static func measure() async throws -> [Measurement] {
        let order = BenchmarkMachines.order
        let items = JSONValue.object(["items": .array((0..<10_000).map { ["n": .int($0)] })])
        return [
            try measure("reducer, Pass and Choice in a circle", BenchmarkMachines.circle, ["go": true], repeated: 10),
            try measure(
                "reducer, chain of 1,000 Pass", BenchmarkMachines.chain, ["file": "streams/a.csv"], repeated: 50),
            try measure("reducer, Map over 10,000 items", BenchmarkMachines.map, items, repeated: 1),
            try measure(
                "reducer, distributed Map over 10,000 items", BenchmarkMachines.distributedMap, items, repeated: 1),
            try measure("reducer, Choices of JSONata", BenchmarkMachines.jsonata, order, repeated: 1, aim: ""),
        ]
    }

    private static func measure(
        _ name: String, _ definition: String, _ input: JSONValue, repeated: Int, aim: String = "≥ 500000"
    ) throws -> Measurement {
        let machine = try StateMachine.parse(Array(definition.utf8), file: "benchmark")
        var limits = Execution.Limits()
        // A Map over 10,000 items has 40,000 events, and its list is no small input.
        if definition == BenchmarkMachines.map { limits.maximumEventCount = 1_000_000 }
        var samples: [Double] = []
        for _ in 0..<runs {
            let start = ContinuousClock.now
            var transitions = 0
            for _ in 0..<repeated {
                var execution = Execution(
                    machine: machine, identity: BenchmarkMachines.identity, input: input, seed: 1, limits: limits)
                let step = execution.start(at: BenchmarkMachines.time)
                transitions += exits(step.events) + step.children.reduce(0) { $0 + exits($1.events) }
            }
            samples.append(Double(transitions) / ((ContinuousClock.now - start) / .seconds(1)))
            precondition(transitions >= 1_000, "\(name): \(transitions) transitions")
        }
        return Measurement(name: name, unit: "transitions/s", aim: aim, samples: samples)
    }

    private static func exits(_ events: [HistoryEvent]) -> Int { events.count { $0.type.hasSuffix("StateExited") } }
}

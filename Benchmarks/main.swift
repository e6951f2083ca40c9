import TestSupport

// Prints one table of what `make bench` measures. Release builds only: `make bench` makes them.
// With arguments, only the parts of these names: `benchmarks reducer durable`.

let measures: [(name: String, measure: @Sendable () async throws -> [Measurement])] = [
    ("start", HandlerStart.measure), ("router", RouterStart.measure), ("drop", DropToArchived.measure),
    ("reducer", ReducerTransitions.measure), ("durable", DurableExecutions.measure), ("http", StatesOverHTTP.measure),
    ("map", MapChildren.measure), ("etl", EtlJob.measure), ("warm", WarmInvocation.measure),
]
let wanted = CommandLine.arguments.dropFirst()

print("Machine: \(Machine.description)")
print(Measurement.header)
for (name, measure) in measures where wanted.isEmpty || wanted.contains(name) {
    for measurement in try await measure() { print(measurement.line) }
}

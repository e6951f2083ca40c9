import TestSupport

// Prints one table of what `make bench` measures. Release builds only: `make bench` makes them.

let measures: [@Sendable () async throws -> [Measurement]] = [
    HandlerStart.measure, RouterStart.measure, DropToArchived.measure, ReducerTransitions.measure,
    MapChildren.measure, EtlJob.measure,
]

print("Machine: \(Machine.description)")
print(Measurement.header)
for measure in measures {
    for measurement in try await measure() { print(measurement.line) }
}

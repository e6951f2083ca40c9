public import Clocks
public import JSON
import Synchronization

/// Collects numbers and writes them as lines of CloudWatch's Embedded Metric Format, so that Lambda makes metrics of
/// them.
///
/// A metric that is added several times carries all its values. A name, value or property that the format can't carry
/// is dropped with a warning in the log: a metric is not worth failing for. Under the runtime API the lines go to
/// standard output; locally, where that is for the result, to standard error.
public final class MetricsEmitter: Sendable {
    /// Limits of the format ("Embedded Metric Format specification", Amazon CloudWatch User Guide).
    public static let maximumMetricsPerLine = 100
    public static let maximumValuesPerMetric = 100
    public static let maximumNameByteCount = 255
    public static let maximumDimensionCount = 30
    /// Values that are held before they are written unasked.
    static let maximumPendingValueCount = 5_000
    /// Properties of one emitter.
    static let maximumPropertyCount = 100

    private struct Metric {
        let name: String
        let unit: MetricUnit
        var values: [Double]
    }

    private struct State {
        var metrics: [Metric] = []
        var indices: [String: Int] = [:]
        var valueCount = 0
        var properties: JSONObject = [:]
    }

    private let namespace: String
    private let dimensions: [(String, String)]
    private let clock: any WallClock
    private let logger: Logger
    private let sink: any LogSink
    private let state = Mutex(State())

    /// - Parameter dimensions: What all metrics are told apart by; at most 30, none empty, none named `_aws`.
    public init(
        namespace: String = "Turntable", dimensions: [(String, String)], clock: any WallClock, logger: Logger,
        sink: any LogSink
    ) {
        precondition(dimensions.count <= MetricsEmitter.maximumDimensionCount, "a metric has at most 30 dimensions")
        precondition(
            dimensions.allSatisfy { !$0.0.isEmpty && $0.0 != "_aws" && !$0.1.isEmpty },
            "a dimension needs a name and a value")
        self.namespace = namespace
        self.dimensions = dimensions
        self.clock = clock
        self.logger = logger
        self.sink = sink
    }

    /// Adds a value to a metric.
    ///
    /// - Parameters:
    ///   - name: 1 to 255 bytes of visible ASCII; not `_aws`, no dimension's or property's name, one unit for one name.
    ///   - value: A finite number of magnitude up to 2^360, CloudWatch's range.
    public func add(_ name: String, _ value: Double, _ unit: MetricUnit = .count) {
        if let reason = objection(to: name) ?? (value.magnitude <= 0x1p360 ? nil : "the value is out of range") {
            logger.warn("metric dropped: \(reason)", ["metric": .string(name.cut(toByteCount: 300))])
            return
        }
        enum Outcome { case added, full, unitDiffers, nameTaken }
        let outcome = state.withLock { state -> Outcome in
            if state.properties[name] != nil { return .nameTaken }
            if let index = state.indices[name] {
                guard state.metrics[index].unit == unit else { return .unitDiffers }
                state.metrics[index].values.append(value)
            } else {
                state.indices[name] = state.metrics.count
                state.metrics.append(Metric(name: name, unit: unit, values: [value]))
            }
            state.valueCount += 1
            return state.valueCount >= MetricsEmitter.maximumPendingValueCount ? .full : .added
        }
        switch outcome {
        case .added: break
        case .full: flush()
        case .unitDiffers: logger.warn("metric dropped: it was added with another unit", ["metric": .string(name)])
        case .nameTaken: logger.warn("metric dropped: a property has its name", ["metric": .string(name)])
        }
    }

    /// Adds a whole number to a metric.
    public func add(_ name: String, _ value: Int, _ unit: MetricUnit = .count) { add(name, Double(value), unit) }

    /// Puts a member on each line that is no metric: for looking a line up, such as by file.
    public func property(_ name: String, _ value: JSONValue) {
        let reason = state.withLock { state -> String? in
            if let reason = objection(to: name) { return reason }
            if state.indices[name] != nil { return "a metric has its name" }
            if state.properties[name] == nil, state.properties.count >= MetricsEmitter.maximumPropertyCount {
                return "there are \(MetricsEmitter.maximumPropertyCount) already"
            }
            state.properties[name] = value
            return nil
        }
        if let reason { logger.warn("property dropped: \(reason)", ["property": .string(name.cut(toByteCount: 300))]) }
    }

    private func objection(to name: String) -> String? {
        if name.isEmpty || name.utf8.count > MetricsEmitter.maximumNameByteCount { return "a name has 1 to 255 bytes" }
        if !name.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) || name.utf8.allSatisfy({ $0 == 0x20 }) {
            return "a name is visible ASCII"
        }
        if name == "_aws" || dimensions.contains(where: { $0.0 == name }) { return "the name is taken" }
        return nil
    }

    /// Writes what was added since the last flush, in as few lines as the format allows; nothing when that is nothing.
    public func flush() {
        let lines = state.withLock { state -> [[UInt8]] in
            var pending = state.metrics
            state.metrics = []
            state.indices = [:]
            state.valueCount = 0
            var lines: [[UInt8]] = []
            while !pending.isEmpty {
                let batch = pending.prefix(MetricsEmitter.maximumMetricsPerLine)
                lines.append(line(batch, state.properties))
                let rest = batch.compactMap { metric -> Metric? in
                    guard metric.values.count > MetricsEmitter.maximumValuesPerMetric else { return nil }
                    var metric = metric
                    metric.values.removeFirst(MetricsEmitter.maximumValuesPerMetric)
                    return metric
                }
                pending = rest + pending.dropFirst(batch.count)
            }
            return lines
        }
        for line in lines { sink.write(line) }
    }

    private func line(_ metrics: ArraySlice<Metric>, _ properties: JSONObject) -> [UInt8] {
        var object: JSONObject = [
            "_aws": [
                "Timestamp": .int(Int(clock.now.millisecondsSinceEpoch)),
                "CloudWatchMetrics": [
                    [
                        "Namespace": .string(namespace),
                        "Dimensions": [.array(dimensions.map { .string($0.0) })],
                        "Metrics": .array(
                            metrics.map { ["Name": .string($0.name), "Unit": .string($0.unit.rawValue)] }),
                    ]
                ],
            ]
        ]
        for (name, value) in dimensions { object[name] = .string(value) }
        for (name, value) in properties { object[name] = value }
        for metric in metrics {
            let values = metric.values.prefix(MetricsEmitter.maximumValuesPerMetric).map(JSONValue.double)
            object[metric.name] = values.count == 1 ? values[0] : .array(values)
        }
        return JSONValue.object(object).bytes()
    }
}

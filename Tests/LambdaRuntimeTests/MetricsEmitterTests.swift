import Clocks
import JSON
import TestSupport
import Testing

@testable import LambdaRuntime

extension RuntimeTests {
    @Suite("Metrics in the embedded format")
    struct MetricsEmitterTests {
        let sink = LogBuffer()
        let log = LogBuffer()
        let metrics: MetricsEmitter

        init() {
            let clock = ManualClock(now: Timestamp(millisecondsSinceEpoch: 1_719_309_600_123))
            metrics = MetricsEmitter(
                dimensions: [("FunctionName", "etl")], clock: clock, logger: Logger(clock: clock, sink: log), sink: sink
            )
        }

        func lines() throws -> [JSONValue] { try sink.lines.map { try JSONValue(parsing: $0) } }

        @Test("A flush writes one line with names, units, dimensions and properties")
        func shape() {
            metrics.add("RowsIn", 11_000)
            metrics.add("Duration", 12.5, .milliseconds)
            metrics.add("Duration", 3, .milliseconds)
            metrics.property("file", "streams/a.csv")
            metrics.flush()
            #expect(
                sink.lines == [
                    #"{"_aws":{"Timestamp":1719309600123,"CloudWatchMetrics":[{"Namespace":"Turntable","Dimensions":[["FunctionName"]],"#
                        + #""Metrics":[{"Name":"RowsIn","Unit":"Count"},{"Name":"Duration","Unit":"Milliseconds"}]}]},"#
                        + #""FunctionName":"etl","file":"streams/a.csv","RowsIn":11000,"Duration":[12.5,3]}"#
                ])
            metrics.flush()
            #expect(sink.lines.count == 1)
        }

        @Test("More than 100 metrics or 100 values of one take more lines, and none is lost")
        func limits() throws {
            for index in 0..<250 { metrics.add("M\(index)", index) }
            for value in 0..<150 { metrics.add("M0", value) }
            metrics.flush()
            let lines = try lines()
            #expect(lines.count == 3)
            var seen: [String: [JSONValue]] = [:]
            for line in lines {
                let names = line["_aws"]!["CloudWatchMetrics"]![0]!["Metrics"]!.arrayValue!.map {
                    $0["Name"]!.stringValue!
                }
                #expect(names.count <= 100)
                for name in names {
                    let values = line[name]?.arrayValue ?? [line[name]!]
                    #expect(values.count <= 100)
                    seen[name, default: []] += values
                }
            }
            #expect(seen.count == 250)
            #expect(seen["M249"] == [249])
            #expect(seen["M0"] == [0] + (0..<150).map { .int($0) })
        }

        @Test("What is held is bounded: very many values are written unasked")
        func bounded() throws {
            for value in 0..<12_345 { metrics.add("M", value) }
            #expect(sink.lines.count == 100)
            metrics.flush()
            #expect(try lines().reduce(0) { $0 + ($1["M"]?.arrayValue?.count ?? 1) } == 12_345)
        }

        @Test(
            "A name that the format can't carry is dropped with a warning",
            arguments: [
                "", " ", "_aws", "FunctionName", "naïve", "a\nb", String(repeating: "x", count: 256),
            ])
        func badNames(name: String) {
            metrics.add(name, 1)
            metrics.property(name, 1)
            metrics.flush()
            #expect(sink.lines == [])
            #expect(log.lines.count == 2)
            #expect(log.lines[0].contains("metric dropped") && log.lines[1].contains("property dropped"))
        }

        @Test(
            "A value that CloudWatch has no room for is dropped",
            arguments: [Double.nan, .infinity, -.infinity, 0x1p361])
        func badValues(value: Double) {
            metrics.add("M", value)
            metrics.flush()
            #expect(sink.lines == [] && log.lines.count == 1)
        }

        @Test("One name has one meaning")
        func clashes() throws {
            metrics.add("A", 1, .bytes)
            metrics.add("A", 2, .seconds)
            metrics.property("A", 3)
            metrics.property("B", 4)
            metrics.add("B", 5)
            metrics.flush()
            #expect(log.lines.count == 3)
            let line = try lines()[0]
            #expect(line["A"] == 1 && line["B"] == 4)
        }
    }
}

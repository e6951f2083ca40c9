import MusicKPIs
import Testing

@testable import MusicPipeline

@Suite("Names of buckets, tables and keys")
struct PipelineNamesTests {
    @Test(
        "a file goes below its folder under its own key, or with its ETag where another version is",
        arguments: [
            ("streams/a.csv", "archive/streams/a.csv", "archive/streams/a.E7.csv"),
            ("a", "archive/a", "archive/a.E7"), ("x.y/a", "archive/x.y/a", "archive/x.y/a.E7"),
            (".hidden", "archive/.hidden", "archive/.hidden.E7"),
            ("été 1.tar.gz", "archive/été 1.tar.gz", "archive/été 1.tar.E7.gz"),
        ])
    func places(key: String, free: String, taken: String) {
        let source = StreamSource(bucket: "b", key: key, eTag: "E7")
        #expect(PipelineNames.placeKey("archive", source, isTaken: false) == free)
        #expect(PipelineNames.placeKey("archive", source, isTaken: true) == taken)
    }

    @Test("names come from the environment; an empty one is the default")
    func environment() {
        let names = PipelineNames(environment: ["RAW_BUCKET": "mine", "KPI_TABLE": "", "TRACKER_TABLE": "t"])
        #expect(names.buckets == ["mine", "trial.data", "warehouse.bucket"])
        #expect(names.kpiSchema.name == "kpi.table" && names.trackerSchema.name == "t")
    }

    @Test("each version of a file has keys of its own")
    func identifiers() {
        let sources = [("b", "k", "1"), ("b", "k", "2"), ("b", "k/1", "1"), ("c", "k", "1")]
            .map { StreamSource(bucket: $0.0, key: $0.1, eTag: $0.2) }
        #expect(Set(sources.map { PipelineNames.partialKey($0, date: "2024-06-25") }).count == 4)
        #expect(Set(sources.map(PipelineNames.summaryKey)).count == 4)
    }
}

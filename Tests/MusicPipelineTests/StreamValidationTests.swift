import Clocks
import MusicKPIs
import Storage
import Testing

@testable import MusicPipeline

@Suite("The check of a stream file")
struct StreamValidationTests {
    private static func validate(
        good: Int, bad: Int, percent: Double = 5, reported: Int = 100
    ) async throws -> StreamValidation {
        let objects = InMemoryObjectStore(buckets: ["raw"], clock: ManualClock())
        let text =
            "user_id,track_id,listen_time\n" + String(repeating: "x,t1,2024-06-25 10:00:00\n", count: bad)
            + String(repeating: "1,t1,2024-06-25 10:00:00\n", count: good)
        let eTag = try await objects.put(Array(text.utf8), as: "f", in: "raw").eTag
        return try await StreamValidation(
            StreamSource(bucket: "raw", key: "f", eTag: eTag), from: objects,
            thresholds: .init(maximumBadRowPercent: percent, reportedRowLimit: reported))
    }

    @Test(
        "up to the share of bad rows the good ones count",
        arguments: [
            (100, 0, 5.0, StreamValidation.Status.passed), (95, 5, 5.0, .passedWithRejects), (94, 5, 5.0, .failed),
            (100, 0, 0.0, .passed), (999, 1, 0.0, .failed), (1, 99, 100.0, .passedWithRejects), (0, 1, 100.0, .failed),
            (0, 0, 100.0, .failed), (9_999, 1, 0.01, .passedWithRejects),
        ])
    func thresholds(good: Int, bad: Int, percent: Double, status: StreamValidation.Status) async throws {
        let validation = try await Self.validate(good: good, bad: bad, percent: percent)
        #expect(validation.status == status, "\(validation.reason ?? "no reason")")
        #expect(validation.rowCount == good + bad && validation.badRowCount == bad)
        #expect((validation.reason == nil) == (status != .failed))
    }

    @Test("the report lists the first bad rows by line, and none of what they hold")
    func report() async throws {
        let validation = try await Self.validate(good: 1_000, bad: 12, reported: 10)
        #expect(validation.badRows.map(\.line) == Array(2...11))
        #expect(validation.badRows.allSatisfy { $0.column == "user_id" })
        #expect(validation.report["bad_row_count"] == 12)
        #expect(!validation.report.text().contains("2024-06-25"))
    }
}

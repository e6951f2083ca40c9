import Clocks
import Events
import JSON
import LambdaRuntime
import MusicPipeline
import Storage

@testable import archive
@testable import etl
@testable import split_file
@testable import validate_file
@testable import write_kpis

/// The handlers on stores of a test, called as the state machine calls them.
struct InProcessPipeline {
    let stores: Stores
    let names = PipelineNames()
    let clock = ManualClock()

    var references: ReferenceLoader {
        ReferenceLoader(objects: stores.objects, bucket: names.rawBucket, snapshotBucket: names.trialBucket)
    }
    var tracker: FileTracker { FileTracker(table: stores.table(names.trackerSchema), clock: clock) }
    private var enrichment: Enrichment {
        Enrichment(objects: stores.objects, references: references, trialBucket: names.trialBucket)
    }

    static func inMemory() -> InProcessPipeline {
        InProcessPipeline(stores: .inMemory(buckets: PipelineNames().buckets, clock: ManualClock()))
    }

    func put(_ text: String, _ key: String) async throws { try await put(Array(text.utf8), key) }
    func put(_ bytes: [UInt8], _ key: String) async throws {
        try await stores.objects.put(bytes, as: key, in: names.rawBucket)
    }

    func putReferences() async throws {
        try await put(
            "track_id,track_genre,track_name,artists\nt1,rock,One,A\nt2,jazz,Two,B\nt2,rock,Two,B\n", "songs/songs.csv")
        try await put("user_id,user_name,user_age,user_country\n1,Ann,31,Ghana\n2,Ben,,Japan\n", "users/users.csv")
    }

    func state(_ key: String, execution: String = "run") -> JSONObject {
        let object = ArrivedObject(
            bucket: names.rawBucket, key: key, byteCount: 1, eTag: "unknown", versionID: nil, sequencer: nil)
        let event = EventBridgeEvent.objectCreated(
            object, id: "1", time: clock.now, requestID: "2", reason: "PutObject")
        return ["execution": .string(execution), "arrival": event]
    }

    func validate(_ state: JSONObject) async throws -> JSONValue {
        try await ValidateFile(
            objects: stores.objects, tracker: tracker, references: references, names: names, thresholds: .init()
        ).handle(.object(state), context: .test())
    }

    func enrich(_ state: JSONObject) async throws -> JSONValue {
        try await Etl(objects: stores.objects, enrichment: enrichment, names: names).handle(
            .object(state), context: .test())
    }

    var writing: KPIWriting {
        KPIWriting(
            objects: stores.objects, table: stores.table(names.kpiSchema), references: references,
            trialBucket: names.trialBucket, clock: SystemClock(), entropy: SeededEntropy(seed: 1))
    }

    func writeKPIs(_ state: JSONObject) async throws -> JSONValue {
        return try await WriteKPIs(objects: stores.objects, enrichment: enrichment, writing: writing)
            .handle(.object(state), context: .test())
    }

    func settle(_ state: JSONObject, _ disposition: String) async throws -> JSONValue {
        try await Archive(objects: stores.objects, tracker: tracker, names: names)
            .handle(["disposition": .string(disposition), "state": .object(state)], context: .test())
    }

    /// A step of `split-file`.
    func split(_ step: SplitFile.Step, _ state: JSONObject, _ item: JSONValue = .null) async throws -> JSONValue {
        try await SplitFile(
            objects: stores.objects, tracker: tracker, references: references,
            split: FileSplit(objects: stores.objects, names: names)
        ).handle(["step": .string(step.rawValue), "state": .object(state), "item": item], context: .test())
    }

    /// What a handler wrote to the trial bucket and answered with the place of.
    func note(_ place: JSONValue?) async throws -> [JSONValue] {
        let key = place?["key"]?.stringValue ?? ""
        let object = try await stores.objects.get(key, in: names.trialBucket, maximumByteCount: 1 << 20)
        return try JSONValue(parsing: object.bytes).arrayValue ?? []
    }

    /// All steps, each run `times` times, as duplicates and retries would.
    func run(_ key: String, times: Int = 1) async throws {
        var state = state(key)
        for _ in 0..<times { state["validation"] = try await validate(state) }
        for _ in 0..<times { state["etl"] = try await enrich(state) }
        for _ in 0..<times { state["kpis"] = try await writeKPIs(state) }
        for _ in 0..<times { state["archive"] = try await settle(state, "ARCHIVED") }
    }

    func kpis() async throws -> [String] {
        try await KPIReport.read(from: stores.table(names.kpiSchema), date: nil, genre: nil).json.map { $0.text() }
    }

    func keys(_ bucket: String) async throws -> [String] { try await stores.objects.list(bucket).objects.map(\.key) }
}

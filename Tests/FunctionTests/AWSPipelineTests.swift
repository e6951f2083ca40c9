import AWSClient
import Clocks
import FileSystem
import JSON
import LambdaRuntime
import MusicPipeline
import Parquet
import Storage
import TestSupport
import Testing

/// The pipeline on S3 and DynamoDB, held against the embedded run.
@Suite("The four handlers on the stores of AWS")
struct AWSPipelineTests {
    static let first =
        HandlerTests.good + "2,t1,2024-06-26 08:00:00\n7,t1,2024-06-25 23:59:59\nx,t1,2024-06-25 10:00:00\n"
        + String(repeating: "2,t1,2024-06-25 12:00:00\n", count: 200)
    static let second = HandlerTests.header + "9,t2,2024-06-25 01:00:00\n1,t1,2024-06-27 02:00:00\n"

    /// Makes what deployment makes: the buckets and tables of the template.
    func deploy(_ server: MotoServer, _ names: PipelineNames) async throws -> Stores {
        let clients = try AWSClients(
            environment: server.environment, clock: SystemClock(), entropy: SystemEntropy())
        for bucket in names.buckets {
            var request = AWSRequest("CreateBucket", bucket, "PUT")
            request.path = "/\(bucket)"
            request.body = Array(
                "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>"
                    .utf8)
            _ = try await clients.s3.connection.send(request)
        }
        for schema in [names.kpiSchema, names.trackerSchema] {
            _ = try await clients.dynamoDB.call("CreateTable", schema.creation, table: schema.name)
        }
        return Stores(aws: clients)
    }

    /// All objects of a bucket with what tells contents apart, and all items of the KPI table.
    func contents(_ pipeline: InProcessPipeline) async throws -> [String] {
        var lines: [String] = []
        for bucket in pipeline.names.buckets {
            let page = try await pipeline.stores.objects.list(bucket)
            for object in page.objects {
                lines.append("\(bucket)/\(object.key) \(object.byteCount) \(object.eTag)")
            }
        }
        let table = pipeline.stores.table(pipeline.names.kpiSchema)
        let items = try await table.scan(limit: 1_000, after: nil).items.map { $0.typedJSON.text() }
        return lines + items.sorted()
    }

    @Test(
        "on S3 and DynamoDB it leaves the same Parquet files, partials and KPI items, each step run twice too",
        arguments: [1, 2])
    func sameAsEmbedded(times: Int) async throws {
        let server = try await MotoServer.take()
        defer { server.giveBack() }
        try await withTemporaryDirectory { folder in
            let embedded = InProcessPipeline(stores: .embedded(in: folder))
            try embedded.stores.createLocalBuckets(embedded.names.buckets)
            let real = InProcessPipeline(stores: try await deploy(server, embedded.names))
            for pipeline in [embedded, real] {
                try await pipeline.putReferences()
                for (text, key) in [(Self.first, "streams/a b+ü.csv"), (Self.second, "streams/c.csv")] {
                    try await pipeline.put(text, key)
                    try await pipeline.run(key, times: times)
                }
            }
            let expected = try await contents(embedded)
            let found = try await contents(real)
            #expect(found == expected)
            #expect(expected.contains { $0.hasPrefix("trial.data/processed/date=2024-06-25/") })
            #expect(expected.contains { $0.contains("GENRE#rock") })
            #expect(try await real.kpis() == embedded.kpis())
            #expect(try await real.keys("rds.data").filter { $0.hasPrefix("streams/") } == [])
            let state = real.state("streams/c.csv", execution: "again")
            try await real.put(Self.second, "streams/c.csv")
            #expect(try await real.validate(state)["status"] == "ALREADY_PROCESSED")
        }
    }

    @Test("a file that fails validation goes to quarantine there, too")
    func quarantine() async throws {
        let server = try await MotoServer.take()
        defer { server.giveBack() }
        let real = InProcessPipeline(stores: try await deploy(server, PipelineNames()))
        try await real.putReferences()
        try await real.put("user_id,listen_time\n", "streams/x.csv")
        var state = real.state("streams/x.csv")
        state["validation"] = try await real.validate(state)
        for _ in 0..<2 { _ = try await real.settle(state, "QUARANTINED") }
        #expect(
            try await real.keys("warehouse.bucket")
                == ["quarantine/streams/x.csv", "quarantine/streams/x.csv.report.json"])
    }

    @Test("the built functions use them for TURNTABLE_DATA=aws and inside Lambda, and leave no data folder")
    func executables() async throws {
        let server = try await MotoServer.take()
        defer { server.giveBack() }
        let names = PipelineNames()
        let real = InProcessPipeline(stores: try await deploy(server, names))
        try await real.putReferences()
        try await real.put(Self.second, "streams/c.csv")
        try await withTemporaryDirectory { folder in
            var state = real.state("streams/c.csv")
            let steps = [
                ("validate-file", "validation"), ("etl", "etl"), ("write-kpis", "kpis"), ("archive", "archive"),
            ]
            for (index, (function, member)) in steps.enumerated() {
                let place = index % 2 == 0 ? ["TURNTABLE_DATA": "aws"] : ["AWS_LAMBDA_FUNCTION_NAME": function]
                let event: JSONValue =
                    function == "archive" ? ["disposition": "ARCHIVED", "state": .object(state)] : .object(state)
                let run = try await runProcess(
                    "\(Repository.products)/\(function)", input: event.text(),
                    environment: server.environment.merging(place) { $1 }, directory: folder)
                #expect(run.status == 0, "\(function): \(run.errorOutput)")
                state[member] = try JSONValue(parsing: run.output)
            }
            #expect(try FileSystem.list(folder) == [])
        }
        #expect(try await real.kpis().contains { $0.contains("2024-06-27") })
        #expect(try await real.keys("rds.data").contains("archive/streams/c.csv"))
    }

    @Test("a function that can't reach AWS says why, and shows no secret")
    func unreachable() async throws {
        try await withTemporaryDirectory { folder in
            let environment = [
                "TURNTABLE_DATA": "aws", "AWS_REGION": "r", "AWS_ACCESS_KEY_ID": "AK", "HOME": folder,
                "AWS_SECRET_ACCESS_KEY": "very-secret", "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            ]
            let state = InProcessPipeline.inMemory().state("streams/c.csv")
            let run = try await runProcess(
                "\(Repository.products)/validate-file", input: JSONValue.object(state).text(), environment: environment,
                directory: folder)
            #expect(run.status == 1)
            #expect((run.errorOutput + run.output).contains("127.0.0.1:1"))
            #expect(!(run.errorOutput + run.output).contains("very-secret"))
            let without = try await runProcess(
                "\(Repository.products)/validate-file", input: "{}",
                environment: ["TURNTABLE_DATA": "aws", "HOME": folder], directory: folder)
            #expect(without.status == 1)
            #expect(without.errorOutput.contains("AWS_REGION"))
        }
    }
}

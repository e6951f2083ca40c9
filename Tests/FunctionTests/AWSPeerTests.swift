import JSON
import Storage
import TestSupport
import Testing

/// What others find in S3 and DynamoDB after the pipeline: with AWS's own libraries, and with Arrow.
@Suite("What the handlers wrote, to boto3, the AWS command line and pyarrow")
struct AWSPeerTests {
    private static let streams =
        AWSPipelineTests.first
        + (0..<5_000).map { "\($0 % 3 + 1),t\($0 % 2 + 1),2024-06-2\($0 % 4 + 5) 0\($0 % 10):00:00\n" }
        .joined()

    /// The job by hand over the archived files, held against the Parquet and the table.
    private static let reading = """
        import boto3, csv, datetime, io, json, os, subprocess, sys
        from collections import Counter, defaultdict
        from pyarrow import dataset, fs
        origin = os.environ["AWS_ENDPOINT_URL"]
        s3, dynamo = boto3.client("s3"), boto3.resource("dynamodb")
        def objects(bucket, prefix=""):
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [each for page in pages for each in page.get("Contents", [])]
        def body(bucket, key): return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        def rows(bucket, key): return list(csv.DictReader(io.StringIO(body(bucket, key).decode())))

        found = {f"{bucket}/{each['Key']} {each['Size']} {each['ETag'].strip(chr(34))}"
                 for bucket in ("rds.data", "trial.data", "warehouse.bucket") for each in objects(bucket)}
        assert found == set(json.load(sys.stdin)), found

        songs = defaultdict(set)
        for row in rows("rds.data", "songs/songs.csv"):
            songs[row["track_id"]].add((row["track_genre"], row["track_name"], row["artists"]))
        users = {int(row["user_id"]): row for row in rows("rds.data", "users/users.csv")}
        def whole(text): return int(text) if text else None
        expected, plays, listeners = Counter(), Counter(), defaultdict(set)
        archived = [each["Key"] for each in objects("rds.data", "archive/streams/")]
        assert len(archived) == 2, archived
        for key in archived:
            for row in rows("rds.data", key):
                if not row["user_id"].isdigit(): continue
                user, time = int(row["user_id"]), datetime.datetime.fromisoformat(row["listen_time"])
                known = users.get(user, {})
                for genre, name, artists in songs.get(row["track_id"], ()):
                    expected[(user, row["track_id"], time, genre, name, artists, whole(known.get("user_age")),
                              known.get("user_country"))] += 1
                    day = (genre, str(time.date()))
                    plays[day] += 1
                    listeners[day].add(user)

        arrow = fs.S3FileSystem(
            endpoint_override=origin.split("//")[1], scheme="http", region=os.environ["AWS_REGION"],
            access_key=os.environ["AWS_ACCESS_KEY_ID"], secret_key=os.environ["AWS_SECRET_ACCESS_KEY"])
        table = dataset.dataset(
            "trial.data/processed", filesystem=arrow, format="parquet", partitioning="hive").to_table(use_threads=False)
        names = ("user_id", "track_id", "timestamp", "genre", "track_name", "artists", "user_age", "user_country")
        parquet = Counter()
        for row in table.to_pylist():
            assert str(row["timestamp"].date()) == str(row["date"]), row["date"]
            time = row["timestamp"].replace(tzinfo=None)
            parquet[tuple(time if name == "timestamp" else row[name] for name in names)] += 1
        assert parquet == expected, (parquet - expected, expected - parquet)

        items = dynamo.Table("kpi.table").scan()["Items"]
        days = {(each["genre"], each["date"]): each for each in items if "listen_count" in each and "genre" in each}
        assert {day: int(each["listen_count"]) for day, each in days.items()} == dict(plays), days
        assert {day: int(each["unique_listeners"]) for day, each in days.items()} == {
            day: len(each) for day, each in listeners.items()}, days
        tracked = dynamo.Table("kpi.table_file_tracker").scan()["Items"]
        assert sorted(each["status"] for each in tracked) == ["PROCESSED", "PROCESSED"], tracked

        def command_line(*words):
            return subprocess.run([sys.executable, "-m", "awscli", *words], check=True, capture_output=True).stdout
        key = objects("trial.data", "processed/")[0]["Key"]
        assert command_line("s3", "cp", f"s3://trial.data/{key}", "-") == body("trial.data", key)
        day = sorted(days)[0]
        item = json.loads(command_line(
            "dynamodb", "query", "--table-name", "kpi.table", "--index-name", "by-date", "--output", "json",
            "--key-condition-expression", "#d = :d", "--expression-attribute-names", '{"#d": "date"}',
            "--expression-attribute-values", json.dumps({":d": {"S": day[1]}})))["Items"][0]
        assert item["listen_count"]["N"] == str(days[(item["genre"]["S"], day[1])]["listen_count"]), item
        """

    @Test("objects, items and Parquet are what the job comes to by hand")
    func read() async throws {
        for module in ["boto3", "awscli", "pyarrow.fs"] {
            let check = try await runProcess(Repository.python, ["-c", "import \(module)"])
            guard check.status == 0 else { return print("NOT RUN: \(Repository.python) has no \(module)") }
        }
        let server = try await MotoServer.take()
        defer { server.giveBack() }
        let names = InProcessPipeline.inMemory().names
        let pipeline = InProcessPipeline(stores: try await AWSPipelineTests().deploy(server, names))
        try await pipeline.putReferences()
        for (text, key) in [(Self.streams, "streams/a b+ü.csv"), (AWSPipelineTests.second, "streams/c.csv")] {
            try await pipeline.put(text, key)
            try await pipeline.run(key)
        }
        var objects: [JSONValue] = []
        for bucket in names.buckets {
            for object in try await pipeline.stores.objects.list(bucket).objects {
                objects.append(.string("\(bucket)/\(object.key) \(object.byteCount) \(object.eTag)"))
            }
        }
        let peer = try await runProcess(
            Repository.python, ["-c", Self.reading], input: JSONValue.array(objects).text(),
            environment: server.environment.merging(["AWS_DEFAULT_REGION": "eu-central-1"]) { $1 })
        #expect(peer.status == 0, "\(peer.errorOutput)")
    }
}

import FileSystem
import JSON
import TestSupport
import Testing

@testable import Parquet

/// Files as others read them: pyarrow and DuckDB.
@Suite("Parquet files, read by others", .timeLimit(.minutes(10)))
struct ParquetPeerTests {
    static let script = """
        import json, sys, pyarrow.parquet as pq, duckdb
        path = sys.argv[1]
        file = pq.ParquetFile(path)
        table = file.read()
        meta = file.metadata
        rows = [[str(v) if hasattr(v, 'isoformat') else v for v in row.values()] for row in table.to_pylist()]
        con = duckdb.connect()
        con.execute("SET TimeZone = 'UTC'")
        other = con.execute(f"SELECT * FROM read_parquet('{path}')").fetchall()
        duck = [[str(v) if hasattr(v, 'isoformat') else v for v in row] for row in other]
        types = [r[1] for r in con.execute(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()]
        stats = [[None if c.statistics is None or not c.statistics.has_min_max else [str(c.statistics.min), str(c.statistics.max)],
                  c.statistics.null_count] for c in (meta.row_group(0).column(i) for i in range(meta.num_columns))] if meta.num_row_groups else []
        print(json.dumps({"rows": rows, "same": rows == duck, "types": types, "groups": meta.num_row_groups, "stats": stats,
                          "codec": meta.row_group(0).column(0).compression if meta.num_row_groups else None}))
        """

    static let columns = [
        ParquetColumn("id", .int64), ParquetColumn("n", .int32, isOptional: true),
        ParquetColumn("time", .timestampMicros),
        ParquetColumn("genre", .utf8, isOptional: true), ParquetColumn("text", .utf8), ParquetColumn("score", .double),
    ]

    private func read(_ bytes: [UInt8]) async throws -> JSONValue {
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/f.parquet", bytes)
            let finished = try await runProcess(Repository.python, ["-c", Self.script, "\(folder)/f.parquet"])
            guard finished.status == 0 else { throw NeverHappened(description: finished.errorOutput) }
            return try JSONValue(parsing: finished.output)
        }
    }

    @Test(
        "random rows come back equal, in every codec and cut into row groups",
        arguments: [
            (0, 10, ParquetCodec.snappy), (1, 10, .snappy), (1_000, 300, .snappy), (1_000, 1_000_000, .uncompressed),
            (45_000, 100_000, .snappy),
        ])
    func random(rowCount: Int, groupRows: Int, codec: ParquetCodec) async throws {
        let genres = UTF8Values(["rock", "jazz", "é", "日本", ""].map { Array($0.utf8) })
        var writer = ParquetWriter(
            columns: Self.columns, dictionaries: [3: genres], codec: codec, rowGroupRowLimit: groupRows)
        var expected: [JSONValue] = []
        var left = rowCount
        var bytes: [UInt8] = []
        while left > 0 {
            let count = min(left, Int.random(in: 1...500))
            left -= count
            let ids = (0..<count).map { _ in Int64.random(in: .min ... .max) }
            let numbers = (0..<count).map { _ in Bool.random() ? Int32.random(in: -5...5) : nil }
            let times = (0..<count).map { _ in Int64.random(in: 0..<4_000_000_000) * 1_000_000 }
            let indices = (0..<count).map { _ in Int32.random(in: -1..<5) }
            let texts = (0..<count).map { _ in String(repeating: "x", count: Int.random(in: 0..<5)) + "é" }
            let scores = (0..<count).map { _ in Double(Int.random(in: -100...100)) / 4 }
            try writer.append([
                .int64(ids), .int32(numbers), .timestampMicros(times), .indices(indices),
                .utf8(UTF8Values(texts.map { Array($0.utf8) })), .double(scores),
            ])
            bytes += writer.takeBytes()
            for row in 0..<count where expected.count < 200 {
                let names = ["rock", "jazz", "é", "日本", ""]
                expected.append([
                    .int(Int(ids[row])), numbers[row].map { .int(Int($0)) } ?? .null, .null,
                    indices[row] < 0 ? .null : .string(names[Int(indices[row])]), .string(texts[row]),
                    .double(scores[row]),
                ])
            }
        }
        try writer.finish()
        bytes += writer.takeBytes()
        let result = try await read(bytes)
        #expect(result["same"] == true)
        #expect(result["types"] == ["BIGINT", "INTEGER", "TIMESTAMP", "VARCHAR", "VARCHAR", "DOUBLE"])
        let rows = result["rows"]?.arrayValue ?? []
        #expect(rows.count == rowCount)
        for (row, wanted) in zip(rows, expected) {
            for column in [0, 1, 3, 4, 5] { #expect(row[column] == wanted[column]) }
        }
        if rowCount > 0 { #expect(result["codec"] == .string(codec == .snappy ? "SNAPPY" : "UNCOMPRESSED")) }
    }

    @Test("statistics hold the smallest, the greatest and the nulls; times are what they are")
    func statistics() async throws {
        let genres = UTF8Values(["rock", "jazz"].map { Array($0.utf8) })
        var writer = ParquetWriter(columns: Self.columns, dictionaries: [3: genres], rowGroupRowLimit: 2)
        for start in [Int64(0), 10] {
            try writer.append([
                .int64([start + 5, start - 3]), .int32([nil, 7]), .timestampMicros([1_719_309_600_000_000, 0]),
                .indices([0, -1]),
                .utf8(UTF8Values(["b", "a"].map { Array($0.utf8) })), .double([1, 2]),
            ])
        }
        try writer.finish()
        let result = try await read(writer.takeBytes())
        #expect(result["groups"] == 2)
        #expect(result["rows"]?[0]?[2] == "2024-06-25 10:00:00")
        #expect(result["stats"]?[0] == [["-3", "5"], 0])
        #expect(result["stats"]?[1] == [["7", "7"], 1])
        #expect(result["stats"]?[3] == [["rock", "rock"], 1])
        #expect(result["stats"]?[4] == [["a", "b"], 0])
    }

    @Test("the same rows give the same bytes, which begin and end as the format says")
    func bytes() throws {
        func file() throws -> [UInt8] {
            var writer = ParquetWriter(columns: [ParquetColumn("id", .int64)], codec: .uncompressed)
            try writer.append([.int64([1, 2])])
            try writer.finish()
            return writer.takeBytes()
        }
        let bytes = try file()
        #expect(try file() == bytes)
        #expect(bytes.starts(with: Array("PAR1".utf8)))
        #expect(bytes.suffix(4) == Array("PAR1".utf8)[...])
    }

    @Test("a batch that does not fit is refused and nothing of it is added")
    func mismatch() {
        var writer = ParquetWriter(columns: [ParquetColumn("id", .int64), ParquetColumn("n", .int32)])
        for batch in [
            [.int64([1])], [.int64([1]), .int32([1, 2])], [.int64([1]), .int32([nil])], [.int32([1]), .int32([1])],
        ] as [[ColumnValues]] {
            let error = #expect(throws: ParquetError.self) { try writer.append(batch) }
            #expect(error?.code == .schemaMismatch)
        }
        #expect(writer.rowCount == 0)
    }
}

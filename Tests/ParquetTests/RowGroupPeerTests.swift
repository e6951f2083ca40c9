import FileSystem
import JSON
import TestSupport
import Testing

@testable import Parquet

/// Row groups encoded from codes and runs, as pyarrow, DuckDB and Polars read them.
@Suite("Parquet row groups, read by others", .timeLimit(.minutes(10)))
struct RowGroupPeerTests {
    private static let script = """
        import json, sys, pyarrow.parquet as pq, duckdb, polars
        path = sys.argv[1]
        file = pq.ParquetFile(path)
        rows = [[str(v) if hasattr(v, 'isoformat') else v for v in r.values()] for r in file.read().to_pylist()]
        con = duckdb.connect()
        duck = [[str(v) if hasattr(v, 'isoformat') else v for v in r] for r in con.execute(f"SELECT * FROM read_parquet('{path}')").fetchall()]
        pole = [[str(v) if hasattr(v, 'isoformat') else v for v in r] for r in polars.read_parquet(path).rows()]
        meta = file.metadata
        group = meta.row_group(0)
        print(json.dumps({"rows": rows, "same": rows == duck == pole, "groups": meta.num_row_groups,
                          "stats": [[str(group.column(i).statistics.min), str(group.column(i).statistics.max),
                                     group.column(i).statistics.null_count] for i in range(meta.num_columns)],
                          "encodings": [sorted(group.column(i).encodings) for i in range(meta.num_columns)],
                          "index": [[group.column(i).has_column_index, group.column(i).has_offset_index]
                                    for i in range(meta.num_columns)],
                          "sorting": [[s.column_index, s.descending] for s in group.sorting_columns]}))
        """

    private static let columns = [
        ParquetColumn("user", .int64), ParquetColumn("genre", .utf8), ParquetColumn("age", .int32, isOptional: true),
        ParquetColumn("country", .utf8, isOptional: true), ParquetColumn("time", .timestampMicros),
        ParquetColumn("duration", .int32), ParquetColumn("exact", .int64),
    ]

    /// Random values of ``columns``, and what they mean.
    private static func group(
        rowCount: Int, users: Int, longRuns: Bool
    ) throws -> (group: EncodedRowGroup, rows: [[JSONValue]]) {
        let ids = (0..<users).map { Int64($0) * 7 - 3 }
        let genres = (0..<200).map { "genre \($0) é" }
        let ages: [Int32] = [-1, 0, 31, 99]
        let countries = ["Ghana", "", "Côte d'Ivoire"]
        var runs: [CodeRun] = []
        var left = rowCount
        while left > 0 {
            let count = min(left, longRuns ? Int.random(in: 1...90_000) : Int.random(in: 1...3))
            runs.append(CodeRun(code: UInt32.random(in: 0..<200), count: UInt32(count)))
            left -= count
        }
        let genreCodes = runs.flatMap { repeatElement($0.code, count: Int($0.count)) }
        func codes(_ count: Int, nulls: Bool) -> [UInt32] {
            (0..<rowCount).map { _ in
                nulls && Int.random(in: 0..<5) == 0 ? RowGroupColumn.nullCode : UInt32.random(in: 0..<UInt32(count))
            }
        }
        let userCodes = codes(users, nulls: false)
        let ageCodes = codes(4, nulls: true)
        let countryCodes = codes(3, nulls: false)
        let seconds = codes(86_400, nulls: false)
        let exact = (0..<rowCount).map { _ in Int64.random(in: .min ... .max) }
        let group = try EncodedRowGroup(
            columns,
            [
                .codes(userCodes, .joinedInt64s(Array(ids.prefix(users / 2)), Array(ids.dropFirst(users / 2)))),
                .runs(runs, .texts(UTF8Values(genres.map { Array($0.utf8) }))),
                .codes(ageCodes, .int32s(ages)),
                .codes(countryCodes, .texts(UTF8Values(countries.map { Array($0.utf8) }))),
                .codes(seconds, .progression(first: 1_719_273_600_000_000, step: 1_000_000, count: 86_400)),
                .runs([CodeRun(code: 0, count: UInt32(rowCount))], .int32s([180])), .int64s(exact),
            ], rowCount: rowCount, sortingColumns: [1, 0])
        let rows = (0..<min(rowCount, 3_000)).map { row -> [JSONValue] in
            [
                .int(Int(ids[Int(userCodes[row])])), .string(genres[Int(genreCodes[row])]),
                ageCodes[row] == RowGroupColumn.nullCode ? .null : .int(Int(ages[Int(ageCodes[row])])),
                .string(countries[Int(countryCodes[row])]), .int(Int(seconds[row])), .int(180), .int(Int(exact[row])),
            ]
        }
        return (group, rows)
    }

    @Test(
        "values come back equal, with dictionaries large and small, runs long and short, and in several groups",
        arguments: [(1, 1, false), (500, 400, false), (3_000, 10, true), (70_000, 35_000, true)])
    func values(rowCount: Int, users: Int, longRuns: Bool) async throws {
        var writer = ParquetWriter(columns: Self.columns)
        let (first, expected) = try Self.group(rowCount: rowCount, users: users, longRuns: longRuns)
        try writer.append(first)
        try writer.append(Self.group(rowCount: 5, users: 3, longRuns: false).group)
        try writer.finish()
        let result = try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/f.parquet", writer.takeBytes())
            let finished = try await runProcess(Repository.python, ["-c", Self.script, "\(folder)/f.parquet"])
            guard finished.status == 0 else { throw NeverHappened(description: finished.errorOutput) }
            return try JSONValue(parsing: finished.output)
        }
        #expect(result["same"] == true && result["groups"] == 2)
        #expect(result["sorting"] == [[1, false], [0, false]])
        let rows = result["rows"]?.arrayValue ?? []
        #expect(rows.count == rowCount + 5)
        for (row, wanted) in zip(rows, expected) {
            for column in [0, 1, 2, 3, 5, 6] where row[column] != wanted[column] {
                Issue.record("column \(column): \(row[column]?.text() ?? "none") is not \(wanted[column].text())")
                return
            }
            let time = try #require(row[4]?.stringValue)
            let parts = time.split(separator: " ").last?.split(separator: ":").compactMap { Int($0) } ?? []
            #expect(parts.count == 3 && .int(parts[0] * 3_600 + parts[1] * 60 + parts[2]) == wanted[4])
        }
        if rowCount > 1_000 {
            #expect(result["stats"]?[2] == ["-1", "99", .int(result["stats"]?[2]?[2]?.intValue ?? -1)])
            #expect(result["encodings"]?[6] == ["PLAIN", "RLE"])
            // Texts in no order and values without a dictionary have no bounds by page; whether genres have an order is
            // up to those that occur.
            for (column, hasBounds) in [(0, true), (2, true), (3, false), (4, true), (5, true), (6, false)] {
                #expect(result["index"]?[column]?[0] == .bool(hasBounds), "column \(column)")
            }
            #expect(result["index"]?.arrayValue?.allSatisfy { $0[1] == true } == true)
        }
    }

    @Test("codes that are mapped are what they are mapped to, nulls at either end, few rows or many")
    func mapped() async throws {
        let columns = [ParquetColumn("n", .int32, isOptional: true)]
        let values = (0..<5_000).map { Int32($0 * 3) }
        let map = (0..<9_000).map { $0 % 5 == 0 ? RowGroupColumn.nullCode : UInt32(($0 * 7) % 5_000) }
        for rowCount in [1, 40, 60_000, 200_000] {
            let codes = (0..<rowCount).map { _ in
                // Codes from 9,000 on are beyond the table.
                Int.random(in: 0..<10) == 0 ? RowGroupColumn.nullCode : UInt32.random(in: 0..<9_300)
            }
            var writer = ParquetWriter(columns: columns)
            try writer.append(
                EncodedRowGroup(columns, [.mappedCodes(codes, through: map, .int32s(values))], rowCount: rowCount))
            try writer.finish()
            let column = try await ParquetReader(ParquetBytes(writer.takeBytes())).readRowGroup(0)[0]
            let wanted = codes.map { code -> Int32? in
                guard Int(code) < map.count, map[Int(code)] != RowGroupColumn.nullCode else { return nil }
                return values[Int(map[Int(code)])]
            }
            guard case .int32s(let got) = column.values else {
                Issue.record("other values")
                return
            }
            let seen = got.enumerated().map { column.isPresent?[$0] ?? true ? $1 : nil }
            #expect(seen == wanted, "\(rowCount) rows")
        }
    }

    @Test("codes that mean nothing, nulls where there are none, and other numbers of rows are refused")
    func mismatch() {
        let columns = [ParquetColumn("n", .int32)]
        for values in [
            [.codes([0, 2], .int32s([1, 2]))], [.codes([0, RowGroupColumn.nullCode], .int32s([1, 2]))],
            [.codes([0], .int32s([1]))], [.runs([CodeRun(code: 0, count: 3)], .int32s([1]))],
            [.int64s([1])], [], [.mappedCodes([0, 3], through: [0, 0, 0], .int32s([1]))],
            [.mappedCodes([0, 1], through: [0, 1], .int32s([1]))],
        ] as [[RowGroupColumn]] {
            let error = #expect(throws: ParquetError.self) { _ = try EncodedRowGroup(columns, values, rowCount: 2) }
            #expect(error?.code == .schemaMismatch)
        }
    }
}

import FileSystem
import JSON
import TestSupport
import Testing

@testable import Parquet

/// Files that others wrote, read and compared with what pyarrow says of them.
@Suite("Parquet files, read", .timeLimit(.minutes(10)))
struct ParquetReaderTests {
    /// Writes files in every encoding, codec and page version, and their values as JSON: texts for what JSON has no number
    /// for.
    private static let script = """
        import json, sys, random, datetime, decimal
        import pyarrow as pa, pyarrow.parquet as pq, duckdb
        folder = sys.argv[1]
        random.seed(7)
        def column(kind, n, nulls):
            make = {
                'b': lambda: random.random() < .5, 'i': lambda: random.choice([0, 1, -1, 2**31-1, -2**31, random.randrange(-1000, 1000)]),
                'l': lambda: random.choice([0, 2**63-1, -2**63, random.randrange(-10**12, 10**12)]), 'f': lambda: random.randrange(-1000, 1000) / 8,
                'd': lambda: random.randrange(-10**9, 10**9) / 1024, 's': lambda: random.choice(['', 'a', 'é', 'prefix-%d' % random.randrange(50), 'x' * random.randrange(40)]),
                'x': lambda: bytes(random.randrange(256) for _ in range(5)), 't': lambda: random.randrange(0, 4 * 10**9) * 1000,
            }[kind]
            return [None if nulls and random.random() < .2 else make() for _ in range(n)]
        types = {'b': pa.bool_(), 'i': pa.int32(), 'l': pa.int64(), 'f': pa.float32(), 'd': pa.float64(), 's': pa.string(), 'x': pa.binary(5), 't': pa.timestamp('us')}
        def table(n, kinds='bilfdsxt'):
            return pa.table({k + ('?' if nulls else ''): pa.array(column(k, n, nulls), types[k]) for k in kinds for nulls in (False, True)},
                            schema=pa.schema([pa.field(k + ('?' if nulls else ''), types[k], nullable=nulls) for k in kinds for nulls in (False, True)]))
        files = []
        def write(name, t, **options):
            pq.write_table(t, f'{folder}/{name}.parquet', **options)
            files.append(name)
        for codec in ['none', 'snappy', 'gzip', 'zstd']:
            for version in ['1.0', '2.0']:
                write(f'{codec}-{version}', table(700), compression=codec, data_page_version=version, row_group_size=300, data_page_size=600)
        write('plain', table(500), use_dictionary=False, data_page_version='2.0')
        write('empty', table(0))
        write('one', table(1))
        write('large', table(60000, 'ils'), row_group_size=25000)
        write('int96', table(300, 't'), use_deprecated_int96_timestamps=True)
        def encoded(name, kinds, encoding, **options):
            t = table(900, kinds)
            write(name, t, use_dictionary=False, column_encoding={c: encoding for c in t.column_names}, data_page_size=1500, **options)
        encoded('delta', 'il', 'DELTA_BINARY_PACKED')
        encoded('delta-length', 's', 'DELTA_LENGTH_BYTE_ARRAY')
        encoded('delta-text', 'sx', 'DELTA_BYTE_ARRAY', data_page_version='2.0')
        encoded('split', 'fdilx', 'BYTE_STREAM_SPLIT')
        encoded('rle', 'b', 'RLE', data_page_version='2.0')
        con = duckdb.connect()
        con.register('t', table(3000, 'bilfdst'))
        for codec in ['snappy', 'zstd', 'gzip', 'uncompressed']:
            con.execute(f"COPY t TO '{folder}/duckdb-{codec}.parquet' (FORMAT parquet, COMPRESSION {codec}, ROW_GROUP_SIZE 2048)")
            files.append(f'duckdb-{codec}')
        con.execute(f"COPY t TO '{folder}/duckdb-v2.parquet' (FORMAT parquet, PARQUET_VERSION v2)")
        files.append('duckdb-v2')
        def plain(v):
            if v is None or isinstance(v, (bool, int)): return v
            if isinstance(v, float): return repr(v)
            if isinstance(v, bytes): return v.hex()
            if isinstance(v, datetime.datetime): return round((v - datetime.datetime(1970, 1, 1)) / datetime.timedelta(microseconds=1))
            return v
        for name in files:
            t = pq.read_table(f'{folder}/{name}.parquet')
            json.dump({c: [plain(v) for v in t.column(c).to_pylist()] for c in t.column_names}, open(f'{folder}/{name}.json', 'w'))
        nested = pa.table({'flat': [1, 2], 'list': [[1], [2, 3]], 'struct': [{'a': 1}, {'a': 2}]})
        pq.write_table(nested, f'{folder}/nested.parquet')
        pq.write_table(table(50, 'i'), f'{folder}/brotli.parquet', compression='brotli')
        print(json.dumps(files))
        """

    private static func json(_ column: ParquetColumnValues) -> [JSONValue] {
        (0..<column.values.count).map { row in
            guard column.isPresent?[row] ?? true else { return .null }
            switch column.values {
            case .booleans(let values): return .bool(values[row])
            case .int32s(let values): return .int(Int(values[row]))
            case .int64s(let values), .int96Micros(let values): return .int(Int(values[row]))
            case .floats(let values): return .string(spelled(Double(values[row])))
            case .doubles(let values): return .string(spelled(values[row]))
            case .byteArrays(let values):
                if column.field.isText { return .string(String(decoding: values[row], as: UTF8.self)) }
                return .string(values[row].map { String(String(256 + Int($0), radix: 16).suffix(2)) }.joined())
            }
        }
    }

    /// As Python's `repr` spells numbers that are short in decimals.
    private static func spelled(_ value: Double) -> String { "\(value)" }

    @Test("files of pyarrow and DuckDB in all types, encodings, codecs and page versions give pyarrow's values")
    func peers() async throws {
        try await withTemporaryDirectory { folder in
            let written = try await runProcess(Repository.python, ["-c", Self.script, folder], timeout: .seconds(120))
            guard written.status == 0 else { throw NeverHappened(description: written.errorOutput) }
            let files = try #require(try JSONValue(parsing: written.output).arrayValue).compactMap(\.stringValue)
            #expect(files.count == 23)
            for name in files {
                let expected = try JSONValue(parsing: FileSystem.readFile("\(folder)/\(name).json"))
                let reader = try await ParquetReader(ParquetBytes(FileSystem.readFile("\(folder)/\(name).parquet")))
                var columns: [String: [JSONValue]] = [:]
                for group in reader.rowGroups.indices {
                    for column in try await reader.readRowGroup(group) {
                        columns[column.field.name, default: []] += Self.json(column)
                    }
                }
                for field in reader.fields {
                    let wanted = expected[field.name]?.arrayValue ?? []
                    let got = columns[field.name] ?? []
                    let difference = zip(got, wanted).enumerated().first { $1.0 != $1.1 }?.offset
                    #expect(
                        got.count == wanted.count && difference == nil,
                        "\(name): \(field.name), row \(difference ?? -1)")
                }
            }
            let chosen = try await ParquetReader(ParquetBytes(FileSystem.readFile("\(folder)/large.parquet")))
            #expect(try await chosen.readRowGroup(2, columns: ["s?", "i"]).map(\.field.name) == ["s?", "i"])
            let missing = await #expect(throws: ParquetError.self) { try await chosen.readRowGroup(0, columns: ["no"]) }
            #expect(missing?.code == .noSuchColumn)

            let nested = try await ParquetReader(ParquetBytes(FileSystem.readFile("\(folder)/nested.parquet")))
            #expect(try await nested.readRowGroup(0).map(\.field.name) == ["flat"])
            let list = nested.fields[1].name
            let refused = await #expect(throws: ParquetError.self) { try await nested.readRowGroup(0, columns: [list]) }
            #expect(refused?.code == .unsupported && refused?.description.contains(list) == true)
            let brotli = try await ParquetReader(ParquetBytes(FileSystem.readFile("\(folder)/brotli.parquet")))
            let codec = await #expect(throws: ParquetError.self) { try await brotli.readRowGroup(0) }
            #expect(codec?.code == .unsupported && codec?.description.contains("Brotli") == true)
        }
    }

    private static func ownFile(rows: Int) throws -> [UInt8] {
        var writer = ParquetWriter(
            columns: ParquetPeerTests.columns, dictionaries: [3: UTF8Values([[0x61], [0x62, 0x63]])])
        for _ in 0..<2 {
            try writer.append([
                .int64((0..<rows).map { Int64($0) }), .int32((0..<rows).map { $0 % 3 == 0 ? nil : Int32($0) }),
                .timestampMicros((0..<rows).map { Int64($0) << 33 }), .indices((0..<rows).map { Int32($0 % 3) - 1 }),
                .utf8(UTF8Values((0..<rows).map { Array("text \($0)".utf8) })),
                .double((0..<rows).map { Double($0) / 4 }),
            ])
        }
        try writer.finish()
        return writer.takeBytes()
    }

    @Test("what the writer wrote comes back, with statistics to skip by")
    func ownFiles() async throws {
        let reader = try await ParquetReader(ParquetBytes(Self.ownFile(rows: 300)))
        #expect(reader.rowCount == 600 && reader.fields.map(\.isOptional) == [false, true, false, true, false, false])
        #expect(reader.createdBy?.hasPrefix("turntable") == true)
        let columns = try await reader.readRowGroup(0)
        #expect(columns[0].values == .int64s((0..<2).flatMap { _ in (0..<300).map { Int64($0) } }))
        #expect(columns[1].isPresent?.count { !$0 } == 200)
        #expect(columns[5].values.count == 600)
        #expect(reader.rowGroups[0].chunks[0].minimum == [UInt8](repeating: 0, count: 8))
        #expect(reader.rowGroups[0].chunks[1].nullCount == 200)
    }

    @Test("files that are cut, flipped or no Parquet are errors that say so, never a crash")
    func hostile() async throws {
        let file = try Self.ownFile(rows: 60)
        func attempt(_ bytes: [UInt8]) async -> ParquetError? {
            var limits = ParquetReader.Limits()
            limits.pageByteCount = 1 << 20
            limits.rowCount = 1 << 16
            do {
                let reader = try await ParquetReader(ParquetBytes(bytes), limits: limits)
                for group in reader.rowGroups.indices { _ = try await reader.readRowGroup(group) }
                return nil
            } catch {
                return error as? ParquetError ?? ParquetError(.schemaMismatch, "another error: \(error)")
            }
        }
        for length in stride(from: 0, to: file.count, by: 17) {
            #expect(await attempt(Array(file[..<length]))?.code == .malformed)
        }
        #expect(await attempt(Array("PAR1 this is text, PAR1".utf8)) != nil)
        var errors = 0
        for index in file.indices {
            for mask in [UInt8(1), 0x80, 0xFF] {
                var flipped = file
                flipped[index] ^= mask
                let error = await attempt(flipped)
                #expect(error?.code != .schemaMismatch)
                errors += error == nil ? 0 : 1
            }
        }
        #expect(errors > file.count / 2)
    }

    @Test("a file that claims far more than it has is refused before memory is spent on it")
    func claims() async throws {
        let reader = try await ParquetReader(ParquetBytes(Self.ownFile(rows: 300)))
        #expect(reader.rowGroups.count == 1)
        var limits = ParquetReader.Limits()
        limits.rowCount = 100
        let few = try await ParquetReader(ParquetBytes(Self.ownFile(rows: 300)), limits: limits)
        let error = await #expect(throws: ParquetError.self) { try await few.readRowGroup(0) }
        #expect(error?.code == .tooLarge)
        limits.rowCount = 1_000
        limits.pageByteCount = 64
        let small = try await ParquetReader(ParquetBytes(Self.ownFile(rows: 300)), limits: limits)
        #expect(await #expect(throws: ParquetError.self) { try await small.readRowGroup(0) }?.code == .tooLarge)
    }
}

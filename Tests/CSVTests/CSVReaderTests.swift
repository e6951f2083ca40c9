import Testing

@testable import CSV

@Suite("CSV reader")
struct CSVReaderTests {
    /// Reads `bytes` cut into blocks of `size`.
    static func read(
        _ bytes: [UInt8], _ columns: [String] = ["a", "b"], block size: Int = .max, options: CSVOptions = CSVOptions()
    ) throws -> (rows: [[String]], lines: [Int], defects: [CSVDefect]) {
        var reader = CSVReader(columns: columns, options: options)
        var rows: [[String]] = []
        var lines: [Int] = []
        var defects: [CSVDefect] = []
        func drain() throws {
            while let batch = try reader.nextBatch() {
                for row in 0..<batch.rowCount { rows.append(batch.columns.map { $0.string(row) }) }
                lines += batch.lines
                defects += batch.defects
            }
        }
        var offset = 0
        while offset < bytes.count {
            let end = size == .max ? bytes.count : min(bytes.count, offset + size)
            reader.append(Array(bytes[offset..<end]))
            try drain()
            offset = end
        }
        reader.finish()
        try drain()
        return (rows, lines, defects)
    }

    @Test(
        "rows are read in all spellings, whatever the blocks",
        arguments: [
            ("a,b\n1,2\n", [["1", "2"]]), ("a,b\r\n1,2\r\n", [["1", "2"]]), ("a,b\n1,2", [["1", "2"]]),
            ("\u{FEFF}a,b\n1,2\n", [["1", "2"]]), ("b,x,a\n2,?,1\n", [["1", "2"]]),
            ("a,b\n\"1\",\"x,y\"\n", [["1", "x,y"]]),
            ("a,b\n\"1\"\"2\",\"l1\nl2\"\n3,4\n", [["1\"2", "l1\nl2"], ["3", "4"]]),
            ("a,b\n\n1,2\n\n\n3,4\n", [["1", "2"], ["3", "4"]]),
            ("a,b\n,\n", [["", ""]]), ("a,b\n\"\",\"\"\n", [["", ""]]), ("a,b\n1\"2,3\n", [["1\"2", "3"]]),
            ("a,b\n", []),
            ("\"a\",\"b\"\né,日本\n", [["é", "日本"]]),
        ] as [(String, [[String]])])
    func rows(text: String, expected: [[String]]) throws {
        for size in [1, 2, 3, 7, .max] {
            let result = try Self.read(Array(text.utf8), block: size)
            #expect(result.rows == expected)
            #expect(result.defects.isEmpty)
        }
    }

    @Test(
        "a record that is no row is a defect with its line, and reading goes on",
        arguments: [
            ("a,b\n1\n3,4\n", "too_few_fields", 2), ("a,b\n1,2,3\n3,4\n", "too_many_fields", 2),
            ("a,b\n1,\"x\"y\n3,4\n", "text_after_quote", 2), ("a,b\n3,4\n1,\"x\n\n", "unterminated_quote", 3),
            ("a,b\n1,\0\n3,4\n", "nul_byte", 2), ("a,b\n\"l\n\",\"x\"y\n3,4\n", "text_after_quote", 3),
        ])
    func defects(text: String, reason: String, line: Int) throws {
        for size in [1, 3, .max] {
            let result = try Self.read(Array(text.utf8), block: size)
            #expect(result.rows == [["3", "4"]])
            #expect(result.defects.map(\.reason.identifier) == [reason])
            #expect(result.defects.first?.line == line)
        }
    }

    @Test("bytes that are not UTF-8 are a defect only in chosen columns")
    func invalidUTF8() throws {
        let bytes = Array("a,b,c\n1,".utf8) + [0xFF] + Array(",x\n1,2,".utf8) + [0xFF] + Array("\n".utf8)
        let result = try Self.read(bytes)
        #expect(result.rows == [["1", "2"]])
        #expect(result.defects.map(\.reason) == [.invalidUTF8])
    }

    @Test("a line of 10 MB is a defect, in bounded memory, and the next row is read")
    func longLine() throws {
        let bytes = Array("a,b\n1,".utf8) + [UInt8](repeating: 0x78, count: 10 << 20) + Array("\n3,4\n".utf8)
        let result = try Self.read(bytes, block: 1 << 16)
        #expect(result.rows == [["3", "4"]])
        #expect(result.lines == [3])
        #expect(result.defects.count == 1)
    }

    @Test(
        "a file that can't be read as a whole says why",
        arguments: [
            ([], CSVError.Code.empty), (Array("\n\n".utf8), .empty), ([0xFF, 0xFE, 0x61, 0], .utf16),
            ([0x1F, 0x8B, 8, 0], .compressed(.gzip)), (Array("PK\u{3}\u{4}".utf8), .compressed(.zip)),
            (Array("a;b\n1;2\n".utf8), .wrongDelimiter(UInt8(ascii: ";"))),
            (Array("a,c\n".utf8), .missingColumns(["b"])),
            (Array("a,b,a\n".utf8), .duplicateColumn("a")),
        ] as [([UInt8], CSVError.Code)])
    func files(bytes: [UInt8], code: CSVError.Code) {
        for size in [1, .max] {
            let error = #expect(throws: CSVError.self) { try Self.read(bytes, block: size) }
            #expect(error?.code == code)
        }
    }

    @Test("random tables survive writing and reading, however they are cut")
    func roundTrip() throws {
        let alphabet = ["", "x", ",", "\"", "\n", "é", "日", " ", "\"\"", "0"]
        for _ in 0..<200 {
            let rows = (0..<Int.random(in: 0..<20)).map { _ in
                (0..<2).map { _ in (0..<Int.random(in: 0..<6)).map { _ in alphabet.randomElement() ?? "" }.joined() }
            }
            var writer = CSVWriter()
            writer.writeRow(["a", "b"])
            for row in rows { writer.writeRow(row) }
            let bytes = writer.takeBytes()
            #expect(try Self.read(bytes, block: Int.random(in: 1..<30)).rows == rows)
        }
    }
}

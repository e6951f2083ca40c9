import Testing

@testable import CSV

/// Placed fields against the exact reader: the same fields of the same rows in the same order, however the file is cut.
@Suite("CSV with quotes in pieces")
struct FieldRowsTests {
    private static let columns = ["key", "name"]

    private static func fields(_ batch: CSVBatch) -> [[[UInt8]]] {
        (0..<batch.rowCount).map { row in batch.columns.map { Array($0[row]) } }
    }

    private static func exact(_ text: [UInt8], _ options: CSVOptions) throws -> [[[UInt8]]] {
        var reader = CSVReader(columns: columns, options: options)
        reader.append(text)
        reader.finish()
        var all: [[[UInt8]]] = []
        while let batch = try reader.nextBatch() { all += fields(batch) }
        return all
    }

    /// - Returns: The rows, and how many of them were placed.
    private static func pieces(
        _ text: [UInt8], cuts: [Int], _ options: CSVOptions
    ) throws -> (rows: [[[UInt8]]], placed: Int) {
        var cutter = FieldPieceCutter(columns: columns, options: options)
        var open: CSVReader?
        var all: [[[UInt8]]] = []
        var placed = 0
        func take(_ rows: FieldRows) {
            rows.forEach { range in
                placed += range.count
                rows.withFields { fields in
                    for row in range { all.append((0..<2).map { Array(fields[row, $0]) }) }
                }
            } read: {
                all += fields($0)
            }
            open = rows.open
        }
        var start = 0
        for cut in cuts + [text.count] where cut > start {
            for piece in try cutter.append(Array(text[start..<cut])) {
                guard let layout = cutter.layout else { break }
                take(FieldRows(piece, layout: layout, open: open))
            }
            start = cut
        }
        for piece in try cutter.finish() {
            guard let layout = cutter.layout else { break }
            take(FieldRows(piece, layout: layout, open: open))
        }
        if let last = open { take(FieldRows(finishing: last)) }
        return (all, placed)
    }

    private static let fine = [
        "a", "", "abc def", "naïve", "日本語", "\"q\"", "\"\"", "\"a, b\"", "\"say \"\"hi\"\"\"", "x\"y",
    ]
    private static let odd = [
        "\"two\nlines\"", "\"two\r\nlines\"", "\"x\"y", "\"", "\"open", "a\rb", "\u{0}", "\"\u{0}\"", "\"\"\"",
        "\"\"\"\"", "\"a\"\"\n\"\"b\"", String(repeating: "k", count: 70), "\"\(String(repeating: "q", count: 70))\"",
    ]

    private static func text(rows: Int, oddity: Int) -> [UInt8] {
        let order = [0, 1, 2].shuffled()
        let names = order.map { ["key", "name", "other"][$0] }
        let ending = Int.random(in: 0..<4) == 0 ? "\r\n" : "\n"
        var text = ["", "", "\n", "\u{FEFF}"].randomElement() ?? ""
        text += names.joined(separator: ",") + (Int.random(in: 0..<50) < oddity ? "\r" : ending)
        for _ in 0..<rows {
            var fields = order.map { _ in
                (Int.random(in: 0..<100) < oddity ? odd : fine).randomElement() ?? ""
            }
            if Int.random(in: 0..<200) < oddity { fields.append("more") }
            if Int.random(in: 0..<200) < oddity { fields.removeLast() }
            text += fields.joined(separator: ",")
            text += Int.random(in: 0..<300) < oddity ? ["\r", "\n\n", "\r\n\r\n"].randomElement() ?? "\n" : ending
        }
        if Bool.random(), text.hasSuffix(ending) { text.removeLast() }
        var bytes = Array(text.utf8)
        for _ in 0..<3 where Int.random(in: 0..<100) < oddity && bytes.count > 41 {
            bytes[Int.random(in: 40..<bytes.count)] = [0xFF, 0xC3, 0xED, 0xF4, 0x80].randomElement() ?? 0xFF
        }
        return bytes
    }

    @Test("pieces have the rows of the whole, for any text and any cuts", arguments: [0, 1, 5, 40])
    func equalsExact(oddity: Int) throws {
        for _ in 0..<60 {
            let text = Self.text(rows: Int.random(in: 0..<120), oddity: oddity)
            let options =
                Bool.random()
                ? CSVOptions() : CSVOptions(maximumFieldBytes: 60, maximumRecordBytes: 150, batchRowLimit: 7)
            let cuts = (0..<Int.random(in: 0..<6)).map { _ in Int.random(in: 0...text.count) }.sorted()
            let expected = try Self.exact(text, options)
            let (rows, _) = try Self.pieces(text, cuts: cuts, options)
            #expect(rows == expected, "\(String(decoding: text, as: UTF8.self)) cut at \(cuts)")
            if rows != expected { return }
        }
    }

    @Test(
        "good rows are placed, but for those in which a line break is quoted, and what follows those up to a line's end"
    )
    func quick() throws {
        let text = Self.text(rows: 2_000, oddity: 0)
        let (rows, placed) = try Self.pieces(text, cuts: [text.count / 2], CSVOptions())
        #expect(rows.count == 2_000 && placed > 1_990)
        let row = "1,\"a\nb\",x\n2,\"say \"\"hi\"\"\",y\n3,c,z\n"
        let lines = Array(("key,name,other\n" + String(repeating: row, count: 500)).utf8)
        let multiline = try Self.pieces(lines, cuts: [], CSVOptions())
        #expect(multiline.rows.count == 1_500 && multiline.placed == 1_500)
    }

    @Test("a file without a header, or of another kind, is refused as by the exact reader")
    func refused() {
        for text in ["", "\n", "key\n", "key,key\n", "\u{1F}\u{8B}"] {
            let bytes = Array(text.utf8)
            let expected = #expect(throws: CSVError.self) { try Self.exact(bytes, CSVOptions()) }
            let error = #expect(throws: CSVError.self) { try Self.pieces(bytes, cuts: [bytes.count / 2], CSVOptions()) }
            #expect(error?.code == expected?.code)
        }
    }

    @Test("what is UTF-8 is what the standard library takes for it")
    func utf8() {
        let edges: [UInt8] = [
            0, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
            0xEF,
            0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for _ in 0..<200_000 {
            let bytes = (0..<Int.random(in: 0..<6)).map { _ in edges.randomElement() ?? 0 }
            let expected = (try? UTF8Span(validating: bytes.span)) != nil
            #expect(bytes.withUnsafeBufferPointer { UTF8Check.isValid($0) } == expected)
        }
    }
}

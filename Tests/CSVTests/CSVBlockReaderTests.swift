import Testing

@testable import CSV

/// Pieces against the exact reader: the same rows, defects, lines and offsets, however the file is cut.
@Suite("CSV in pieces")
struct CSVBlockReaderTests {
    private static let columns = ["id", "key", "time"]
    private static let kinds: [RecordLayout.Kind] = [.integer, .text, .timestamp]

    /// What is known of a record: its line and either its values or what is wrong.
    private struct Seen: Hashable, CustomStringConvertible {
        var line: Int
        var offset: Int
        var values: String

        var description: String { "\(line)@\(offset): \(values)" }
    }

    private static func seen(_ batch: CSVBatch) -> [Seen] {
        var seen = batch.defects.map { Seen(line: $0.recordLine, offset: $0.byteOffset, values: $0.reason.identifier) }
        for row in 0..<batch.rowCount {
            let id = batch.columns[0].int64(row)
            let time = batch.columns[2].timestampMicroseconds(row)
            let key = batch.columns[1].string(row)
            seen.append(
                Seen(
                    line: batch.lines[row], offset: batch.byteOffsets[row],
                    values: id.flatMap { id in time.flatMap { key.isEmpty ? nil : "\(id)|\(key)|\($0)" } } ?? "bad"))
        }
        return seen
    }

    private static func exact(_ text: [UInt8], _ options: CSVOptions) throws -> [Seen] {
        var reader = CSVReader(columns: columns, options: options)
        reader.append(text)
        reader.finish()
        var all: [Seen] = []
        while let batch = try reader.nextBatch() { all += seen(batch) }
        return all.sorted { $0.offset < $1.offset }
    }

    private static func pieces(_ text: [UInt8], cuts: [Int], _ options: CSVOptions) throws -> (rows: [Seen], plain: Int)
    {
        var reader = CSVBlockReader(columns: columns, options: options)
        var all: [Seen] = []
        var plain = 0
        func take() {
            while let piece = reader.nextPiece() {
                switch piece {
                case .batch(let batch): all += seen(batch)
                case .lines(let lines):
                    guard let layout = reader.layout else { return }
                    var typed = TypedRows(lines, layout: layout, kinds: kinds)
                    var rows: [Seen] = []
                    var (line, counted) = (lines.firstLine, lines.range.lowerBound)
                    while typed.next() {
                        plain += typed.rowCount
                        for row in 0..<typed.rowCount {
                            let place = typed.withColumn(1) { $0[row] }
                            let key = lines.bytes[Int(place >> 32)...].prefix(Int(place & 0xFFFF_FFFF))
                            let (id, time) = (typed.withColumn(0) { $0[row] }, typed.withColumn(2) { $0[row] })
                            // A good row's own line and offset are not kept: those of its text stand for them.
                            let start = lines.bytes[..<Int(place >> 32)].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
                            line += lines.bytes[counted..<start].count { $0 == 0x0A }
                            counted = start
                            rows.append(
                                Seen(
                                    line: line, offset: lines.blockOffset + start,
                                    values: "\(id)|\(String(decoding: key, as: UTF8.self))|\(time)"))
                        }
                    }
                    for record in typed.rejected {
                        let range = record.range
                        for batch in layout.read(
                            lines.bytes[range], offset: lines.blockOffset + range.lowerBound,
                            line: lines.firstLine + record.line)
                        {
                            rows += seen(batch)
                        }
                    }
                    all += rows
                }
            }
        }
        var start = 0
        for cut in cuts + [text.count] {
            if cut > start { try reader.append(Array(text[start..<cut])) }
            take()
            start = cut
        }
        try reader.finish()
        take()
        return (all.sorted { $0.offset < $1.offset }, plain)
    }

    /// Of ids that most often have as many bytes as the one before.
    private static func keyByteCount() -> Int {
        Int.random(in: 0..<4) > 0 ? 22 : [1, 7, 15, 16, 17, 21, 23, 24, 25, 30].randomElement() ?? 1
    }

    private static func field(_ kind: Int, _ oddity: Int) -> String {
        let odd = Int.random(in: 0..<100) < oddity
        switch kind {
        case 0:
            return odd
                ? [
                    "", "-", "+7", "1e3", " 1", "99999999999999999999", "9223372036854775807", "-9223372036854775808",
                    "1\u{0}",
                ]
                .randomElement() ?? "" : String(Int64.random(in: -5...1_000_000_000))
        case 1:
            return odd
                ? [
                    "", "\"a,b\"", "\"a\nb\"", "é", "日本語", "a\"b", "\"x\"y", "\"\"", "a\rb",
                    String(repeating: "k", count: 70), "abcdefgh,jklmnopqrstuv", "abcdefghijklmnopqrst\nv",
                    "日本語日本語日本v",
                ]
                .randomElement() ?? ""
                : String((0..<keyByteCount()).map { _ in "abcXYZ019+ -".randomElement() ?? "a" })
        case 2:
            return odd
                ? [
                    "", "2024-02-30 00:00:00", "2024-02-29T23:59:59Z", "2024-06-25 10:00:00.123456",
                    "2024-06-25 24:00:00",
                    "2024-06-25", "0000-01-01 00:00:00", "9999-12-31 23:59:59", "2024-6-25 10:00:00",
                    "1969-12-31 23:59:59",
                    "2024-13-01 00:00:00", "2023-02-29 10:00:00", "2000-02-29 10:00:00", "1900-02-29 10:00:00",
                    "2024-06-25 10:60:00",
                    "2024-06-25 10:00:0:", "2024/06/25 10:00:00", "\"2024-06-25 10:00:00\"",
                ].randomElement() ?? ""
                : "20\(Int.random(in: 10...30))-0\(Int.random(in: 1...9))-\(Int.random(in: 10...28)) 1\(Int.random(in: 0...9)):2\(Int.random(in: 0...9)):3\(Int.random(in: 0...9))"
        default: return odd ? ["", "\"q,q\"", "ü", "\u{0}"].randomElement() ?? "" : "ignored"
        }
    }

    private static func text(rows: Int, oddity: Int) -> [UInt8] {
        // In the order in which they are chosen, and with nothing else, records have a way of their own.
        let order = Bool.random() ? [0, 1, 2] : [0, 1, 2, 3].shuffled()
        let names = order.map { ["id", "key", "time", "other"][$0] }
        let ending = Int.random(in: 0..<4) == 0 ? "\r\n" : "\n"
        var text = names.joined(separator: ",") + ending
        for _ in 0..<rows {
            var fields = order.map { field($0, oddity) }
            if Int.random(in: 0..<200) < oddity { fields.append("more") }
            if Int.random(in: 0..<200) < oddity { fields.removeLast() }
            text += fields.joined(separator: ",")
            text += Int.random(in: 0..<300) < oddity ? ["\r", "\n\n", "\r\n\r\n"].randomElement() ?? "\n" : ending
        }
        if Bool.random(), text.hasSuffix(ending) { text.removeLast() }
        var bytes = Array(text.utf8)
        if Int.random(in: 0..<300) < oddity, bytes.count > 41 { bytes[Int.random(in: 40..<bytes.count)] = 0xFF }
        return bytes
    }

    @Test("pieces have the rows and defects of the whole, for any text and any cuts", arguments: [0, 1, 5, 40])
    func equalsExact(oddity: Int) throws {
        for _ in 0..<40 {
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

    @Test("plain rows go the quick way, also more of them than are given at once")
    func quick() throws {
        let text = Self.text(rows: 2_600, oddity: 0)
        let (rows, plain) = try Self.pieces(text, cuts: [text.count / 20], CSVOptions())
        #expect(rows == (try Self.exact(text, CSVOptions())))
        // All but those at the ends of blocks.
        #expect(plain > 2_580)
    }

    @Test("what text is made of is found the same byte by byte")
    func traits() {
        for _ in 0..<1_000 {
            var bytes = (0..<Int.random(in: 0..<700)).map { _ in
                UInt8(ascii: "abc,\n 09z".unicodeScalars.randomElement() ?? "a")
            }
            for _ in 0..<Int.random(in: 0..<3) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices)] =
                    [0, 0x22, 0x0D, 0xC3, 0xA9, 0x80, 0x21, 0x2B, 0x7F, 0x09].randomElement() ?? 0
            }
            if Bool.random(), bytes.count > 1 {
                let place = Int.random(in: 0..<bytes.count - 1)
                (bytes[place], bytes[place + 1]) = [(0x0D, 0x0A), (0xC3, 0xA9)].randomElement() ?? (0x0D, 0x0A)
            }
            let start = Int.random(in: 0...bytes.count)
            let range = start..<Int.random(in: start...bytes.count)
            #expect(TextTraits(of: bytes, in: range) == TextTraits(scalar: bytes, in: range), "\(bytes[range])")
        }
    }
}

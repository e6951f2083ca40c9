import Testing

@testable import Parquet

/// The page index against the pages and values that it tells of.
@Suite("Page index")
struct PageIndexTests {
    private static let columns = [
        ParquetColumn("user", .int64), ParquetColumn("genre", .utf8), ParquetColumn("age", .int32, isOptional: true),
        ParquetColumn("name", .utf8),
    ]
    private static let ages: [Int32] = [-20, 3, 7, 400]

    private static func group(_ rowCount: Int) throws -> EncodedRowGroup {
        let genres = UTF8Values((100..<400).map { Array("genre \($0)".utf8) })
        let names = UTF8Values((0..<300).map { Array("\(($0 * 7919) % 300)".utf8) })
        var runs: [CodeRun] = []
        var left = rowCount
        while left > 0 {
            let count = min(left, Int.random(in: 1...(rowCount / 100 + 1)))
            runs.append(CodeRun(code: UInt32(min(runs.count, 299)), count: UInt32(count)))
            left -= count
        }
        let users = (0..<rowCount).map { _ in UInt32.random(in: 0..<1_000) }
        // Users from 900 on have no age, and no row of the second page has one.
        let people = users.enumerated().map { row, user in 65_536..<131_072 ~= row ? 950 : user }
        return try EncodedRowGroup(
            columns,
            [
                .codes(users, .int64s((0..<1_000).map { $0 * 3 - 7 })), .runs(runs, .texts(genres)),
                .mappedCodes(
                    people, through: (0..<1_000).map { $0 < 900 ? $0 % 4 : RowGroupColumn.nullCode }, .int32s(ages)),
                .runs(runs, .texts(names)),
            ], rowCount: rowCount)
    }

    private static func number(_ bytes: [UInt8]?) -> Int64? {
        switch bytes?.count {
        case 4: Int64(bytes!.reversed().reduce(Int32(0)) { $0 << 8 | Int32($1) })
        case 8: bytes!.reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
        default: nil
        }
    }

    /// The least and greatest of the values that are there.
    private static func bounds(_ column: ParquetColumnValues, _ rows: Range<Int>) -> (ClosedRange<Int64>?, Int) {
        let present = rows.filter { column.isPresent?[$0] ?? true }
        let values: [Int64] =
            switch column.values {
            case .int64s(let values): present.map { values[$0] }
            case .int32s(let values): present.map { Int64(values[$0]) }
            default: []
            }
        return (values.min().map { $0...(values.max() ?? $0) }, rows.count - present.count)
    }

    @Test("bounds, nulls and places are those of the pages", arguments: [1, 65_536, 200_000])
    func index(rowCount: Int) async throws {
        var writer = ParquetWriter(columns: Self.columns)
        try writer.append(Self.group(rowCount))
        try writer.append(Self.group(10))
        try writer.finish()
        let bytes = writer.takeBytes()
        let reader = try await ParquetReader(ParquetBytes(bytes))
        let length = Int(bytes.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) })
        var footer = CompactReader(bytes[(bytes.count - 8 - length)...])
        let groups = try #require(try footer.structure()[4]?.elements)
        for (groupIndex, group) in groups.enumerated() {
            let values = try await reader.readRowGroup(groupIndex)
            let rowCount = reader.rowGroups[groupIndex].rowCount
            for (columnIndex, column) in (group[1]?.elements ?? []).enumerated() {
                let place = try #require(column[4]?.int)
                var offsets = CompactReader(bytes[place..<(place + (column[5]?.int ?? 0))])
                let pages = try #require(try offsets.structure()[1]?.elements)
                #expect(pages.count == (rowCount + 65_535) / 65_536)
                // The pages lie end to end, up to the end of the chunk.
                var next = try #require(pages[0][1]?.int)
                for page in pages {
                    #expect(page[1]?.int == next)
                    var header = CompactReader(bytes[next...])
                    let fields = try header.structure()
                    #expect(fields[1]?.int == 0)
                    next += page[2]?.int ?? 0
                    #expect(header.position + (fields[3]?.int ?? 0) == next)
                }
                let chunk = reader.rowGroups[groupIndex].chunks[columnIndex]
                #expect(next == chunk.offset + chunk.compressedByteCount)
                // Names are in no order.
                guard columnIndex < 3 || rowCount == 1 else {
                    #expect(column[6] == nil)
                    continue
                }
                let start = try #require(column[6]?.int)
                var index = CompactReader(bytes[start..<(start + (column[7]?.int ?? 0))])
                let fields = try index.structure()
                if columnIndex == 1 { #expect(fields[4]?.int == 1) }
                for (number, page) in pages.enumerated() where columnIndex == 0 || columnIndex == 2 {
                    let first = try #require(page[3]?.int)
                    let end = number + 1 < pages.count ? pages[number + 1][3]?.int ?? 0 : rowCount
                    let (bounds, nullCount) = Self.bounds(values[columnIndex], first..<end)
                    #expect(fields[5]?.elements?[number].int == nullCount)
                    if case .bool(let isNull)? = fields[1]?.elements?[number] { #expect(isNull == (bounds == nil)) }
                    guard let bounds else { continue }
                    #expect(Self.number(fields[2]?.elements?[number].bytes) == bounds.lowerBound)
                    #expect(Self.number(fields[3]?.elements?[number].bytes) == bounds.upperBound)
                }
            }
        }
    }
}

/// Rows of words in columns that line up, for people.
struct TextTable {
    private let header: [String]?
    private let rows: [[String]]
    private let rightAligned: Set<Int>
    private let indent: Int

    init(_ rows: [[String]], header: [String]? = nil, rightAligned: Set<Int> = [], indent: Int = 0) {
        self.rows = rows
        self.header = header
        self.rightAligned = rightAligned
        self.indent = indent
    }

    /// The lines, each ended by a line feed.
    var text: String {
        let all = (header.map { [$0] } ?? []) + rows
        guard let columns = all.map(\.count).max() else { return "" }
        let widths = (0..<columns).map { column in all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        let margin = String(repeating: " ", count: indent)
        func line(_ row: [String]) -> String {
            var text = margin
            for (column, cell) in row.enumerated() {
                if column > 0 { text += "  " }
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                text += rightAligned.contains(column) ? padding + cell : cell + padding
            }
            while text.last == " " { text.removeLast() }
            return text + "\n"
        }
        var lines = header.map { line($0) } ?? ""
        if header != nil {
            lines += margin + widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ") + "\n"
        }
        return lines + rows.map(line).joined()
    }
}

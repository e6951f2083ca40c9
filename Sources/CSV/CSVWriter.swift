/// CSV text of rows, quoted only where it must be.
///
/// The text collects in memory until ``takeBytes()``; take it every so often to keep it small. What ``CSVReader`` reads
/// back is what was written, byte for byte, provided that fields are UTF-8 without NUL.
package struct CSVWriter: Sendable {
    private let delimiter: UInt8
    private let lineBreak: [UInt8]
    private var bytes: [UInt8] = []
    private var isRowOpen = false
    private var isRowOneEmptyField = false

    /// - Parameters:
    ///   - delimiter: The byte between two fields; not a quote, CR or LF.
    ///   - lineBreak: What ends each row, LF unless said. RFC 4180 has CR LF.
    package init(delimiter: UInt8 = UInt8(ascii: ","), lineBreak: CSVLineBreak = .lineFeed) {
        precondition(
            delimiter != Byte.quote && delimiter != Byte.carriageReturn && delimiter != Byte.lineFeed,
            "a CSV delimiter can't be a quote or a line break")
        self.delimiter = delimiter
        self.lineBreak = lineBreak == .lineFeed ? [Byte.lineFeed] : [Byte.carriageReturn, Byte.lineFeed]
    }

    /// Bytes that ``takeBytes()`` would return.
    package var byteCount: Int { bytes.count }

    /// Adds a field to the row that is open, or opens one with it.
    package mutating func writeField(_ field: ArraySlice<UInt8>) {
        if isRowOpen { bytes.append(delimiter) }
        isRowOneEmptyField = !isRowOpen && field.isEmpty
        isRowOpen = true
        guard needsQuotes(field) else {
            bytes.append(contentsOf: field)
            return
        }
        bytes.append(Byte.quote)
        for byte in field {
            if byte == Byte.quote { bytes.append(Byte.quote) }
            bytes.append(byte)
        }
        bytes.append(Byte.quote)
    }

    /// Adds a field to the row that is open, or opens one with it.
    package mutating func writeField(_ field: String) { writeField(Array(field.utf8)[...]) }

    /// Ends the row that is open.
    package mutating func endRow() {
        // A line without any byte is a blank line to readers, not a row of one empty field.
        if isRowOneEmptyField { bytes += [Byte.quote, Byte.quote] }
        bytes += lineBreak
        isRowOpen = false
        isRowOneEmptyField = false
    }

    /// Adds a whole row.
    package mutating func writeRow(_ fields: [String]) {
        for field in fields { writeField(field) }
        endRow()
    }

    /// Hands out what was written since the last call.
    package mutating func takeBytes() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    private func needsQuotes(_ field: ArraySlice<UInt8>) -> Bool {
        // A field that begins as a byte order mark does would lose it at the start of a file.
        if field.first == 0xEF { return true }
        for byte in field {
            if byte == delimiter || byte == Byte.quote || byte == Byte.lineFeed || byte == Byte.carriageReturn {
                return true
            }
        }
        return false
    }
}

/// What ends a row.
package enum CSVLineBreak: Sendable, Hashable {
    case lineFeed, carriageReturnLineFeed
}

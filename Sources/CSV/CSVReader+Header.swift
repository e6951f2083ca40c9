extension CSVReader {
    /// Makes the record that was read into the only column the header, and finds the chosen columns in it.
    mutating func endHeader() throws(CSVError) {
        if isRejected, let defect {
            throw headerError(
                .malformedHeader(defect.reason), "the header is broken at field \(defect.fieldNumber): \(defect.reason)"
            )
        }
        let names = (0..<filling[0].count).map { filling[0].string($0) }
        // Swift's strings are equal when they look the same; names are the same when their bytes are.
        let spellings = names.map { Array($0.utf8) }

        var places: [[UInt8]: Int] = [:]
        for (index, spelling) in spellings.enumerated() where !spelling.isEmpty {
            if let first = places.updateValue(index, forKey: spelling) {
                throw headerError(
                    .duplicateColumn(names[index]),
                    "column \(HeaderNames.quoted(names[index])) stands in the header twice, "
                        + "as field \(first + 1) and \(index + 1)"
                )
            }
        }
        let missing = columns.filter { places[Array($0.utf8)] == nil }
        if !missing.isEmpty { throw missingColumnsError(missing, found: names) }

        slots = Array(repeating: -1, count: names.count)
        for (index, column) in columns.enumerated() {
            if let place = places[Array(column.utf8)] { slots[place] = index }
        }
        slotBeyond = -1
        filling = columns.map { CSVColumn(name: $0) }
        header = names
        expectedFieldCount = names.count
    }

    private func missingColumnsError(_ missing: [String], found names: [String]) -> CSVError {
        let isOneField = names.count == 1
        let candidates: [(byte: UInt8, name: String)] = [
            (UInt8(ascii: ";"), "semicolons"), (0x09, "tabs"), (UInt8(ascii: "|"), "bars"),
            (UInt8(ascii: ","), "commas"),
        ]
        if isOneField,
            let other = candidates.first(where: { $0.byte != options.delimiter && names[0].utf8.contains($0.byte) })
        {
            let delimiter = HeaderNames.quoted(String(UnicodeScalar(options.delimiter)))
            return headerError(
                .wrongDelimiter(other.byte),
                "the header is one field with \(other.name) in it, \(HeaderNames.quoted(names[0])); "
                    + "fields must be separated by \(delimiter)"
            )
        }
        return headerError(
            .missingColumns(missing),
            "the header has no \(HeaderNames.list(missing)); it has \(HeaderNames.list(names))")
    }

    private func headerError(_ code: CSVError.Code, _ detail: String) -> CSVError {
        CSVError(code: code, line: recordLine, byteOffset: recordOffset, detail: detail)
    }
}

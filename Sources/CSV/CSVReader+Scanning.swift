extension CSVReader {
    /// Reads on in the block.
    ///
    /// - Returns: True if the batch is full; false if the block has been read to its end.
    mutating func scan() throws(CSVError) -> Bool {
        let block = block
        // One pointer for the whole block: to look into the array anew costs a reference count for each field.
        return unsafe try block.withUnsafeBufferPointer { (buffer) throws(CSVError) in try unsafe scan(buffer) }
    }

    private mutating func scan(_ block: UnsafeBufferPointer<UInt8>) throws(CSVError) -> Bool {
        while position < block.count {
            switch phase {
            case .signature: return false
            case .recordStart:
                if isBatchFull { return true }
                unsafe beginRecord(at: block[position])
            case .fieldStart:
                if unsafe block[position] == Byte.quote, offset - recordOffset < options.maximumRecordBytes {
                    position += 1
                    beginField(in: .quoted)
                } else {
                    beginField(in: .unquoted)
                }
            case .unquoted: try unsafe scanUnquoted(block)
            case .quoted: unsafe scanQuoted(block)
            case .quoteInQuoted: try unsafe scanAfterQuote(block)
            case .skippingLine: try unsafe skipLine(block)
            }
        }
        return phase == .recordStart && isBatchFull
    }

    /// Passes over what is left of a line break or a blank line, or opens a record.
    private mutating func beginRecord(at byte: UInt8) {
        if byte == Byte.lineFeed || byte == Byte.carriageReturn {
            passLineBreak(byte)
            return
        }
        isAfterCarriageReturn = false
        recordOffset = offset
        recordLine = line
        fieldIndex = 0
        phase = .fieldStart
    }

    /// Moves past one byte of a line break, counting CR LF as one.
    private mutating func passLineBreak(_ byte: UInt8) {
        if !(byte == Byte.lineFeed && isAfterCarriageReturn) { line += 1 }
        isAfterCarriageReturn = byte == Byte.carriageReturn
        position += 1
    }

    mutating func beginField(in phase: Phase) {
        self.phase = phase
        fieldLine = line
        fieldByteCount = 0
        fieldBits = 0
        fieldHasNUL = false
        slot = fieldIndex < slots.count ? slots[fieldIndex] : slotBeyond
    }

    /// Where in the block a run of the open field's bytes must stop for one of the limits.
    private var limitPosition: Int {
        min(
            recordOffset + options.maximumRecordBytes - blockOffset,
            position + options.maximumFieldBytes - fieldByteCount)
    }

    private mutating func scanUnquoted(_ block: UnsafeBufferPointer<UInt8>) throws(CSVError) {
        let end = min(block.count, limitPosition)
        let delimiter = options.delimiter
        let highest = highestSpecialByte
        var index = position
        var bits: UInt8 = 0
        while index < end {
            unsafe passOrdinary(block, &index, end, above: highest, &bits)
            guard index < end else { break }
            let byte = unsafe block[index]
            if byte <= highest {
                if byte == delimiter || byte == Byte.lineFeed || byte == Byte.carriageReturn { break }
                if byte == 0 { fieldHasNUL = true }
            }
            bits |= byte
            index += 1
        }
        fieldBits |= bits
        unsafe take(block, upTo: index)
        guard index < block.count else { return }

        let byte = unsafe block[index]
        if byte == Byte.lineFeed || byte == Byte.carriageReturn {
            endField()
            try endRecord()
        } else if byte == delimiter, offset - recordOffset < options.maximumRecordBytes {
            endField()
            position += 1
            phase = .fieldStart
        } else {
            noteLimit()
        }
    }

    /// Moves over bytes above `highest`, eight at a time, up to the first that isn't, or to less than eight before `end`.
    @inline(__always)
    private func passOrdinary(
        _ block: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ end: Int, above highest: UInt8, _ bits: inout UInt8
    ) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        guard highest < 0x80, let base = unsafe UnsafeRawPointer(block.baseAddress) else { return }
        let least = UInt64(highest + 1) &* ones
        var all: UInt64 = 0
        while index + 8 <= end {
            // SAFETY: eight bytes are there.
            let word = unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            // The lowest bit that is set is exact; a borrow can only set bits above it.
            let lower = (word &- least) & ~word & 0x8080_8080_8080_8080
            if lower != 0 {
                let count = lower.trailingZeroBitCount >> 3
                all |= word & ((1 << UInt64(count * 8)) - 1)
                index += count
                break
            }
            all |= word
            index += 8
        }
        all |= all >> 32
        all |= all >> 16
        all |= all >> 8
        bits |= UInt8(truncatingIfNeeded: all)
    }

    private mutating func scanQuoted(_ block: UnsafeBufferPointer<UInt8>) {
        let end = min(block.count, limitPosition)
        var index = position
        var bits: UInt8 = 0
        while index < end {
            unsafe passOrdinary(block, &index, end, above: Byte.quote, &bits)
            guard index < end else { break }
            let byte = unsafe block[index]
            if byte <= Byte.quote {
                if byte == Byte.quote { break }
                if byte == Byte.lineFeed || byte == Byte.carriageReturn {
                    let isSecondOfPair =
                        byte == Byte.lineFeed
                        && (index > position ? unsafe block[index - 1] == Byte.carriageReturn : isAfterCarriageReturn)
                    if !isSecondOfPair { line += 1 }
                }
                if byte == 0 { fieldHasNUL = true }
            }
            bits |= byte
            index += 1
        }
        fieldBits |= bits
        if index > position { isAfterCarriageReturn = unsafe block[index - 1] == Byte.carriageReturn }
        unsafe take(block, upTo: index)
        guard index < block.count else { return }

        if unsafe block[index] == Byte.quote, offset - recordOffset < options.maximumRecordBytes {
            isAfterCarriageReturn = false
            position += 1
            phase = .quoteInQuoted
        } else {
            noteLimit()
        }
    }

    /// Tells a closing quote from the first of two that stand for one.
    private mutating func scanAfterQuote(_ block: UnsafeBufferPointer<UInt8>) throws(CSVError) {
        let byte = unsafe block[position]
        if byte == Byte.lineFeed || byte == Byte.carriageReturn {
            endField()
            try endRecord()
        } else if offset - recordOffset >= options.maximumRecordBytes {
            noteLimit()
        } else if byte == options.delimiter {
            endField()
            position += 1
            phase = .fieldStart
        } else if byte == Byte.quote {
            if fieldByteCount == options.maximumFieldBytes {
                noteLimit()
            } else {
                unsafe take(block, upTo: position + 1)
                phase = .quoted
            }
        } else {
            note(.textAfterQuote)
            phase = .skippingLine
        }
    }

    private mutating func skipLine(_ block: UnsafeBufferPointer<UInt8>) throws(CSVError) {
        var index = position
        while index < block.count, unsafe block[index] != Byte.lineFeed, unsafe block[index] != Byte.carriageReturn {
            index += 1
        }
        // A CR that was the last of a quoted field's bytes and the LF here are one line break.
        if index > position { isAfterCarriageReturn = false }
        position = index
        if index < block.count { try endRecord() }
    }

    /// Makes the bytes before `end` part of the open field.
    private mutating func take(_ block: UnsafeBufferPointer<UInt8>, upTo end: Int) {
        if slot >= 0, !isRejected {
            unsafe filling[slot].bytes.append(contentsOf: UnsafeBufferPointer(rebasing: block[position..<end]))
        }
        fieldByteCount += end - position
        position = end
    }

    mutating func endField() {
        if slot >= 0, !isRejected {
            if fieldHasNUL {
                note(.nulByte)
            } else if fieldBits >= 0x80, !isFieldUTF8 {
                note(.invalidUTF8)
            } else {
                filling[slot].offsets.append(Int32(truncatingIfNeeded: filling[slot].bytes.count))
            }
        }
        fieldIndex += 1
    }

    private var isFieldUTF8: Bool {
        let column = filling[slot]
        let start = Int(column.offsets[column.count])
        let field = column.bytes.span.extracting(start..<column.bytes.count)
        return (try? UTF8Span(validating: field)) != nil
    }

    private mutating func noteLimit() {
        if offset - recordOffset >= options.maximumRecordBytes {
            note(.recordTooLong(maximumBytes: options.maximumRecordBytes))
        } else {
            note(.fieldTooLong(maximumBytes: options.maximumFieldBytes))
        }
        phase = .skippingLine
    }

    /// Makes the open record a defect, unless it is one.
    mutating func note(_ reason: CSVDefect.Reason) {
        guard !isRejected else { return }
        isRejected = true
        defect = CSVDefect(
            reason: reason, line: fieldLine, recordLine: recordLine, byteOffset: recordOffset, byteCount: 0,
            fieldNumber: fieldIndex + 1, columnName: columnName(fieldIndex))
    }

    private mutating func noteFieldCount() {
        let found = fieldIndex
        let expected = expectedFieldCount
        fieldIndex = min(found, expected)
        note(
            found < expected
                ? .tooFewFields(expected: expected, found: found) : .tooManyFields(expected: expected, found: found))
    }

    private func columnName(_ index: Int) -> String? {
        guard let header, index < header.count, !header[index].isEmpty else { return nil }
        return header[index]
    }

    /// Ends the record before the byte at `position`, which is its line break if the file has not ended.
    mutating func endRecord() throws(CSVError) {
        let byteCount = offset - recordOffset
        if position < block.count {
            let byte = block[position]
            passLineBreak(byte)
        }
        phase = .recordStart
        guard expectedFieldCount >= 0 else {
            try endHeader()
            return
        }
        if !isRejected, fieldIndex != expectedFieldCount { noteFieldCount() }
        if isRejected, var defect {
            defect.byteCount = byteCount
            defects.append(defect)
            defectCount += 1
            dropRecord()
            isRejected = false
            isBatchFull = lines.count + defects.count >= options.batchRowLimit
            return
        }
        lines.append(recordLine)
        byteOffsets.append(recordOffset)
        byteCounts.append(Int32(truncatingIfNeeded: byteCount))
        rowCount += 1
        var batchByteCount = 0
        for index in filling.indices { batchByteCount += filling[index].bytes.count }
        isBatchFull =
            lines.count + defects.count >= options.batchRowLimit || batchByteCount >= options.batchByteLimit
    }

    /// Takes the open record's fields out of the batch again.
    private mutating func dropRecord() {
        for index in filling.indices {
            let excess = filling[index].count - lines.count
            if excess > 0 { filling[index].offsets.removeLast(excess) }
            let end = Int(filling[index].offsets[lines.count])
            filling[index].bytes.removeLast(filling[index].bytes.count - end)
        }
    }
}

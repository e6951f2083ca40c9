import MusicKPIs
package import Storage

/// Sets bad rows aside, byte for byte, under the file's own header.
enum RejectedRows {
    /// Copies the header line and the given ranges of the file into one object; block by block, in one pass.
    static func copy(
        _ ranges: [Range<Int>], of source: StreamSource, to key: String, in bucket: String, objects: any ObjectStore
    ) async throws {
        let writer = try await objects.openWriter(key, in: bucket)
        do {
            try await StreamFile.withBlocks(of: source, in: objects) { blocks in
                try await copy(ranges, of: blocks, from: 0, withHeader: true, to: writer)
            }
            _ = try await writer.finish(condition: .none)
        } catch {
            await writer.abort()
            throw error
        }
    }

    /// Copies the given ranges of a file's bytes, which begin at `start` and with the header or not.
    static func copy(
        _ ranges: [Range<Int>], of blocks: some BlockSource, from start: Int, withHeader: Bool,
        to writer: any ObjectWriter
    ) async throws {
        var wanted = ranges.sorted { $0.lowerBound < $1.lowerBound }[...]
        var offset = start
        var isInHeader = withHeader
        while true {
            let block = try await blocks.next()
            if block.isEmpty { break }
            var output: [UInt8] = []
            if isInHeader {
                let end = block.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? block.count
                output += block[..<end]
                isInHeader = end == block.count && block.last != UInt8(ascii: "\n")
            }
            let extent = offset..<(offset + block.count)
            while let range = wanted.first, range.lowerBound < extent.upperBound {
                let part = range.clamped(to: extent)
                output += block[(part.lowerBound - offset)..<(part.upperBound - offset)]
                guard range.upperBound <= extent.upperBound else { break }
                output.append(UInt8(ascii: "\n"))
                wanted.removeFirst()
            }
            if !output.isEmpty { try await writer.write(output) }
            offset = extent.upperBound
        }
    }
}

extension StreamValidation {
    /// Writes the bad rows of the file into the trial bucket.
    package func setRejectsAside(in bucket: String, objects: any ObjectStore) async throws {
        try await RejectedRows.copy(
            rejectedRanges, of: source, to: PipelineNames.rejectsKey(source), in: bucket, objects: objects)
    }
}

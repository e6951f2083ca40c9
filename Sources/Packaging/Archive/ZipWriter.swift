/// Makes zips that are the same to the byte for the same entries: sorted by name, without times, owners or extra fields.
package enum ZipWriter {
    /// Returns the archive of `entries`, whose order makes no difference.
    ///
    /// - Throws: ``PackagingError``: `.badName` for a name that is no relative path or comes twice, `.tooLarge` above what
    ///   the format can say without its 64-bit extension.
    package static func archive(_ entries: [ZipEntry]) throws(PackagingError) -> [UInt8] {
        let sorted = entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        guard sorted.count <= ZipFormat.maximumEntryCount else {
            throw PackagingError(
                .tooLarge, "the archive", "\(sorted.count) entries, where \(ZipFormat.maximumEntryCount) may be")
        }
        var archive: [UInt8] = []
        var directory: [UInt8] = []
        var previous: String?
        for entry in sorted {
            try entry.checkName()
            guard entry.name != previous else { throw PackagingError(.badName, entry.name, "it is there twice") }
            previous = entry.name
            try checkByteCount(entry.bytes.count, entry.name)
            let record = try Record(entry, offset: archive.count)
            archive += record.localHeader + record.data
            try checkByteCount(archive.count, entry.name)
            directory += record.centralHeader
        }
        let offset = archive.count
        archive += directory
        try checkByteCount(archive.count, "the archive")
        archive.append(littleEndian: ZipFormat.endSignature)
        // This disk, the directory's disk.
        archive.append(littleEndian: UInt32(0))
        archive.append(littleEndian: UInt16(sorted.count))
        archive.append(littleEndian: UInt16(sorted.count))
        archive.append(littleEndian: UInt32(directory.count))
        archive.append(littleEndian: UInt32(offset))
        archive.append(littleEndian: UInt16(0))
        return archive
    }

    static func checkByteCount(_ count: Int, _ name: String) throws(PackagingError) {
        guard count <= ZipFormat.maximumByteCount else {
            throw PackagingError(
                .tooLarge, name, "\(count) bytes, where a zip without its 64-bit extension ends at 4 GiB")
        }
    }

    /// What is written of one entry.
    private struct Record {
        let data: [UInt8]
        private let entry: ZipEntry
        private let offset: Int
        private let method: UInt16
        private let checksum: UInt32

        init(_ entry: ZipEntry, offset: Int) throws(PackagingError) {
            self.entry = entry
            self.offset = offset
            checksum = Deflate.crc32(entry.bytes)
            let compressed = try Deflate.compress(entry.bytes, name: entry.name)
            (method, data) =
                compressed.count < entry.bytes.count
                ? (ZipFormat.deflated, compressed) : (ZipFormat.stored, entry.bytes)
        }

        /// What both headers have in common, from the version that a reader needs to the length of the extra field.
        private var fields: [UInt8] {
            var bytes: [UInt8] = []
            bytes.append(littleEndian: ZipFormat.versionNeeded)
            bytes.append(littleEndian: entry.name.utf8.allSatisfy { $0 < 0x80 } ? 0 : ZipFormat.utf8Flag)
            bytes.append(littleEndian: method)
            bytes.append(littleEndian: UInt16(0))
            bytes.append(littleEndian: ZipFormat.earliestDate)
            bytes.append(littleEndian: checksum)
            bytes.append(littleEndian: UInt32(data.count))
            bytes.append(littleEndian: UInt32(entry.bytes.count))
            bytes.append(littleEndian: UInt16(entry.name.utf8.count))
            bytes.append(littleEndian: UInt16(0))
            return bytes
        }

        var localHeader: [UInt8] {
            var bytes: [UInt8] = []
            bytes.append(littleEndian: ZipFormat.localSignature)
            return bytes + fields + Array(entry.name.utf8)
        }

        var centralHeader: [UInt8] {
            var bytes: [UInt8] = []
            bytes.append(littleEndian: ZipFormat.centralSignature)
            bytes.append(littleEndian: ZipFormat.madeBy)
            bytes += fields
            // No comment, first disk, no internal attributes.
            bytes.append(littleEndian: UInt16(0))
            bytes.append(littleEndian: UInt16(0))
            bytes.append(littleEndian: UInt16(0))
            bytes.append(littleEndian: (ZipFormat.regularFile | entry.mode & 0o7777) << 16)
            bytes.append(littleEndian: UInt32(offset))
            return bytes + Array(entry.name.utf8)
        }
    }
}

extension [UInt8] {
    mutating func append(littleEndian value: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

/// Reads the zips that ``ZipWriter`` and other programs make: files, stored or deflated, below 4 GiB.
package enum ZipReader {
    /// All files of the archive, ascending by name; entries for folders are left out.
    ///
    /// - Parameters:
    ///   - name: What the archive is called in messages.
    ///   - maximumByteCount: Bytes that all files may have together, unpacked.
    /// - Throws: ``PackagingError`` for anything but a whole, consistent archive.
    package static func entries(
        _ bytes: [UInt8], name: String, maximumByteCount: Int = 1 << 30
    ) throws(PackagingError) -> [ZipEntry] {
        let reader = ByteReader(bytes: bytes, name: name)
        let end = try endRecord(reader)
        let count = Int(try reader.integer(UInt16.self, at: end + 10, "the number of entries"))
        let directoryByteCount = Int(try reader.integer(UInt32.self, at: end + 12, "the directory's size"))
        var position = Int(try reader.integer(UInt32.self, at: end + 16, "the directory's place"))
        guard count <= ZipFormat.maximumEntryCount, position <= ZipFormat.maximumByteCount else {
            throw PackagingError(.unsupported, name, "it has the format's 64-bit extension, which no function needs")
        }
        guard position + directoryByteCount <= end else {
            throw PackagingError(.malformed, name, "its directory runs into the end record")
        }
        let directoryEnd = position + directoryByteCount
        var entries: [ZipEntry] = []
        var room = maximumByteCount
        for _ in 0..<count {
            let header = try CentralHeader(reader, at: position)
            position = header.end
            guard position <= directoryEnd else {
                throw PackagingError(.malformed, name, "its directory is longer than it says")
            }
            if header.name.hasSuffix("/"), header.byteCount == 0 { continue }
            guard header.byteCount <= room else {
                throw PackagingError(.tooLarge, name, "it unpacks to more than \(maximumByteCount) bytes")
            }
            room -= header.byteCount
            entries.append(try header.entry(reader))
        }
        entries.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for (entry, next) in zip(entries, entries.dropFirst()) where entry.name == next.name {
            throw PackagingError(.badName, name, "\(entry.name) is in it twice")
        }
        return entries
    }

    /// Where the end record is: it ends with a comment that ends the file.
    private static func endRecord(_ reader: ByteReader) throws(PackagingError) -> Int {
        var position = reader.count - ZipFormat.endByteCount
        let first = max(0, position - ZipFormat.maximumCommentByteCount)
        while position >= first {
            if try reader.integer(UInt32.self, at: position, "the end record") == ZipFormat.endSignature {
                let comment = Int(try reader.integer(UInt16.self, at: position + 20, "the comment"))
                if position + ZipFormat.endByteCount + comment == reader.count { return position }
            }
            position -= 1
        }
        throw PackagingError(.malformed, reader.name, "it is no zip, or its end is missing")
    }

    /// What the directory says of one entry.
    private struct CentralHeader {
        let name: String
        let byteCount: Int
        /// Where the next header begins.
        let end: Int
        private let flags: UInt16
        private let method: UInt16
        private let checksum: UInt32
        private let compressedByteCount: Int
        private let mode: UInt32
        private let offset: Int

        init(_ reader: ByteReader, at start: Int) throws(PackagingError) {
            let what = "an entry of the directory"
            guard try reader.integer(UInt32.self, at: start, what) == ZipFormat.centralSignature else {
                throw PackagingError(.malformed, reader.name, "no entry of the directory at byte \(start)")
            }
            flags = try reader.integer(UInt16.self, at: start + 8, what)
            method = try reader.integer(UInt16.self, at: start + 10, what)
            checksum = try reader.integer(UInt32.self, at: start + 16, what)
            compressedByteCount = Int(try reader.integer(UInt32.self, at: start + 20, what))
            byteCount = Int(try reader.integer(UInt32.self, at: start + 24, what))
            let nameByteCount = Int(try reader.integer(UInt16.self, at: start + 28, what))
            let extraByteCount = Int(try reader.integer(UInt16.self, at: start + 30, what))
            let commentByteCount = Int(try reader.integer(UInt16.self, at: start + 32, what))
            let madeBy = try reader.integer(UInt16.self, at: start + 4, what) >> 8
            let attributes = try reader.integer(UInt32.self, at: start + 38, what) >> 16
            mode = madeBy == ZipFormat.madeBy >> 8 ? attributes : ZipFormat.regularFile | 0o644
            offset = Int(try reader.integer(UInt32.self, at: start + 42, what))
            let nameStart = start + ZipFormat.centralByteCount
            let range = try reader.range(at: nameStart, count: nameByteCount, "an entry's name")
            guard let name = String(validating: reader.bytes[range], as: UTF8.self) else {
                throw PackagingError(.badName, reader.name, "an entry's name is no UTF-8")
            }
            self.name = name
            end = range.upperBound + extraByteCount + commentByteCount
        }

        func entry(_ reader: ByteReader) throws(PackagingError) -> ZipEntry {
            guard flags & ZipFormat.encryptedFlag == 0, byteCount <= ZipFormat.maximumByteCount,
                compressedByteCount <= ZipFormat.maximumByteCount
            else { throw PackagingError(.unsupported, name, "it is encrypted, or has the 64-bit extension") }
            let type = mode & ZipFormat.fileTypeMask
            guard type == 0 || type == ZipFormat.regularFile else {
                throw PackagingError(.unsupported, name, "it is no plain file")
            }
            guard try reader.integer(UInt32.self, at: offset, "the header of \(name)") == ZipFormat.localSignature
            else {
                throw PackagingError(.malformed, name, "its header is not at byte \(offset)")
            }
            let nameByteCount = Int(try reader.integer(UInt16.self, at: offset + 26, "the header of \(name)"))
            let extraByteCount = Int(try reader.integer(UInt16.self, at: offset + 28, "the header of \(name)"))
            let nameRange = try reader.range(
                at: offset + ZipFormat.localByteCount, count: nameByteCount, "the header of \(name)")
            guard reader.bytes[nameRange].elementsEqual(name.utf8) else {
                throw PackagingError(.malformed, name, "its header has another name than the directory")
            }
            let data = try reader.range(
                at: nameRange.upperBound + extraByteCount, count: compressedByteCount, "the content of \(name)")
            let plain: [UInt8]
            switch method {
            case ZipFormat.stored where compressedByteCount == byteCount: plain = Array(reader.bytes[data])
            case ZipFormat.deflated:
                plain = try Deflate.decompress(reader.bytes[data], byteCount: byteCount, name: name)
            default: throw PackagingError(.unsupported, name, "it is compressed by method \(method)")
            }
            guard Deflate.crc32(plain) == checksum else {
                throw PackagingError(.badChecksum, name, "its content has another checksum than the archive notes")
            }
            let entry = ZipEntry(name: name, mode: mode & 0o7777, bytes: plain)
            try entry.checkName()
            return entry
        }
    }
}

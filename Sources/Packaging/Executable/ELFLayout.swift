/// The tables at an ELF file's outside: header, program headers, section headers.
struct ELFLayout {
    struct Segment {
        let type: UInt32
        let offset: Int
        let address: UInt64
        let fileByteCount: Int
        /// Where its program header is in the file.
        let header: Int
    }

    struct SectionHeader {
        let name: String
        let type: UInt32
        let flags: UInt64
        let byteCount: Int
    }

    /// SHF_ALLOC.
    static let allocatedFlag: UInt64 = 2
    static let headerByteCount = 64
    static let programHeaderByteCount = 56
    static let sectionHeaderByteCount = 64

    static let loadSegment: UInt32 = 1
    static let dynamicSegment: UInt32 = 2
    static let interpreterSegment: UInt32 = 3

    let reader: ByteReader
    let machine: ELFFile.Machine
    let segments: [Segment]
    let sections: [SectionHeader]

    init(_ bytes: [UInt8], name: String) throws(PackagingError) {
        let reader = ByteReader(bytes: bytes, name: name)
        guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            throw PackagingError(.unsupported, name, "it is no ELF file: a script, or a program for another system")
        }
        _ = try reader.range(at: 0, count: ELFLayout.headerByteCount, "the header")
        guard bytes[4] == 2, bytes[5] == 1 else {
            throw PackagingError(.unsupported, name, "it is an ELF file, but not of 64 bits and little-endian")
        }
        let code = try reader.integer(UInt16.self, at: 18, "the machine")
        guard let machine = ELFFile.Machine(code) else {
            throw PackagingError(
                .unsupported, name, "it is for machine \(code); Lambda has x86_64 (62) and arm64 (183)")
        }
        self.reader = reader
        self.machine = machine
        segments = try ELFLayout.segments(reader)
        sections = try ELFLayout.sections(reader)
    }

    private static func segments(_ reader: ByteReader) throws(PackagingError) -> [Segment] {
        let start = try reader.position(at: 32, "the program headers' place")
        let count = Int(try reader.integer(UInt16.self, at: 56, "the number of program headers"))
        let size = Int(try reader.integer(UInt16.self, at: 54, "a program header's size"))
        guard count == 0 || size == programHeaderByteCount else {
            throw PackagingError(.malformed, reader.name, "its program headers have \(size) bytes and not 56")
        }
        _ = try reader.range(at: start, count: count * programHeaderByteCount, "the program headers")
        var segments: [Segment] = []
        for index in 0..<count {
            let header = start + index * programHeaderByteCount
            let segment = Segment(
                type: try reader.integer(UInt32.self, at: header, "a segment's type"),
                offset: try reader.position(at: header + 8, "a segment's place"),
                address: try reader.integer(UInt64.self, at: header + 16, "a segment's address"),
                fileByteCount: try reader.position(at: header + 32, "a segment's size"), header: header)
            if [loadSegment, dynamicSegment, interpreterSegment].contains(segment.type) {
                _ = try reader.range(at: segment.offset, count: segment.fileByteCount, "a segment")
            }
            segments.append(segment)
        }
        return segments
    }

    private static func sections(_ reader: ByteReader) throws(PackagingError) -> [SectionHeader] {
        let start = try reader.position(at: 40, "the section headers' place")
        let count = Int(try reader.integer(UInt16.self, at: 60, "the number of section headers"))
        let nameTable = Int(try reader.integer(UInt16.self, at: 62, "the section of section names"))
        guard start != 0, count > 0 else { return [] }
        guard try reader.integer(UInt16.self, at: 58, "a section header's size") == UInt16(sectionHeaderByteCount),
            nameTable < count
        else { throw PackagingError(.malformed, reader.name, "its section headers contradict its header") }
        _ = try reader.range(at: start, count: count * sectionHeaderByteCount, "the section headers")
        let nameHeader = start + nameTable * sectionHeaderByteCount
        let names = try reader.range(
            at: try reader.position(at: nameHeader + 24, "the section names' place"),
            count: try reader.position(at: nameHeader + 32, "the section names' size"), "the section names")
        var sections: [SectionHeader] = []
        for index in 0..<count {
            let header = start + index * sectionHeaderByteCount
            let name = Int(try reader.integer(UInt32.self, at: header, "a section's name"))
            let type = try reader.integer(UInt32.self, at: header + 4, "a section's type")
            guard type != 0 else { continue }
            sections.append(
                SectionHeader(
                    name: try reader.text(at: names.lowerBound + name, before: names.upperBound, "a section's name"),
                    type: type, flags: try reader.integer(UInt64.self, at: header + 8, "a section's flags"),
                    byteCount: try reader.position(at: header + 32, "a section's size")))
        }
        return sections
    }

    var interpreter: String? {
        get throws(PackagingError) {
            guard let segment = segments.first(where: { $0.type == ELFLayout.interpreterSegment }) else { return nil }
            return try reader.text(
                at: segment.offset, before: segment.offset + segment.fileByteCount, "the interpreter's path")
        }
    }

    /// Where in the file the byte is that the loaded program has at `address`.
    func offset(of address: UInt64, _ what: String) throws(PackagingError) -> Int {
        for segment in segments where segment.type == ELFLayout.loadSegment && address >= segment.address {
            let distance = address - segment.address
            if distance < UInt64(segment.fileByteCount) { return segment.offset + Int(distance) }
        }
        throw PackagingError(.malformed, reader.name, "\(what) is at an address that no segment of the file covers")
    }
}

/// What the program tells its loader: pairs of a tag and a value, up to the first empty one.
struct ELFDynamicSection {
    enum Tag: UInt64 {
        case needed = 1
        case hash = 4
        case stringTable = 5
        case symbolTable = 6
        case stringTableByteCount = 10
        case earlyRunPath = 15
        case runPath = 29
        case symbolVersions = 0x6FFF_FFF0
        case versionNeeds = 0x6FFF_FFFE
        case versionNeedCount = 0x6FFF_FFFF
    }

    struct Entry {
        let tag: UInt64
        let value: UInt64
        /// Where in the file it is.
        let offset: Int
    }

    private let layout: ELFLayout
    /// Empty for a static executable.
    let entries: [Entry]

    init(_ layout: ELFLayout) throws(PackagingError) {
        self.layout = layout
        var entries: [Entry] = []
        if let segment = layout.segments.first(where: { $0.type == ELFLayout.dynamicSegment }) {
            for index in 0..<segment.fileByteCount / 16 {
                let offset = segment.offset + index * 16
                let tag = try layout.reader.integer(UInt64.self, at: offset, "an entry of the dynamic section")
                if tag == 0 { break }
                let value = try layout.reader.integer(UInt64.self, at: offset + 8, "an entry of the dynamic section")
                entries.append(Entry(tag: tag, value: value, offset: offset))
            }
        }
        self.entries = entries
    }

    func value(_ tag: Tag) -> UInt64? { entries.first { $0.tag == tag.rawValue }?.value }

    /// The texts that the entries of this tag name.
    func texts(_ tag: Tag) throws(PackagingError) -> [String] {
        var texts: [String] = []
        for entry in entries where entry.tag == tag.rawValue { texts.append(try text(entry.value)) }
        return texts
    }

    /// A text of the string table.
    func text(_ index: UInt64) throws(PackagingError) -> String {
        let what = "a text of the dynamic section"
        guard let address = value(.stringTable), let size = value(.stringTableByteCount) else {
            throw PackagingError(.malformed, layout.reader.name, "its dynamic section has no string table")
        }
        let start = try layout.offset(of: address, "the string table")
        guard let byteCount = Int(exactly: size), let index = Int(exactly: index), index < byteCount else {
            throw PackagingError(.malformed, layout.reader.name, "\(what) is outside of the string table")
        }
        let end = try sum(start, byteCount, layout.reader.name, "the string table")
        return try layout.reader.text(at: start + index, before: end, what)
    }
}

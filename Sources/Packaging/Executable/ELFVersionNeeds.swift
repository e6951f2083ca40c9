/// The versions that an ELF file needs of its libraries, and which symbols need them.
struct ELFVersionNeeds {
    private static let symbolByteCount = 24
    /// The bit of a symbol's version that hides it.
    private static let hiddenBit: UInt16 = 0x8000
    /// SHT_DYNSYM.
    private static let dynamicSymbols: UInt32 = 11
    /// More versions than any program needs: a file that has them is made to keep its reader busy.
    private static let maximumVersionCount = 1 << 14

    private let layout: ELFLayout
    private let dynamic: ELFDynamicSection
    private(set) var needs: [ELFFile.VersionNeed] = []
    /// Versions by the number that the symbols name them with.
    private var versions: [UInt16: SymbolVersion] = [:]

    init(_ layout: ELFLayout, _ dynamic: ELFDynamicSection) throws(PackagingError) {
        self.layout = layout
        self.dynamic = dynamic
        guard let address = dynamic.value(.versionNeeds) else { return }
        let reader = layout.reader
        var position = try layout.offset(of: address, "the version needs")
        var versionCount = 0
        // Each step goes on in the file, so that even a chain without an end of its own ends with the file.
        for _ in 0..<min(dynamic.value(.versionNeedCount) ?? 0, UInt64(UInt16.max)) {
            let what = "a version need"
            let count = try reader.integer(UInt16.self, at: position + 2, what)
            let library = try dynamic.text(UInt64(try reader.integer(UInt32.self, at: position + 4, what)))
            var detail = try sum(
                position, Int(try reader.integer(UInt32.self, at: position + 8, what)), reader.name, what)
            var found: [SymbolVersion] = []
            for _ in 0..<count {
                versionCount += 1
                guard versionCount <= ELFVersionNeeds.maximumVersionCount else {
                    throw PackagingError(
                        .tooLarge, reader.name, "it needs more than \(ELFVersionNeeds.maximumVersionCount) versions")
                }
                let version = SymbolVersion(
                    try dynamic.text(UInt64(try reader.integer(UInt32.self, at: detail + 8, what))))
                versions[try reader.integer(UInt16.self, at: detail + 6, what)] = version
                found.append(version)
                let step = Int(try reader.integer(UInt32.self, at: detail + 12, what))
                if step == 0 { break }
                detail += step
            }
            needs.append(ELFFile.VersionNeed(library: library, versions: found.sorted()))
            let step = Int(try reader.integer(UInt32.self, at: position + 12, what))
            if step == 0 { break }
            position += step
        }
    }

    /// Names of the undefined symbols by the version that they need, ascending; empty where their number can't be told.
    func symbols() throws(PackagingError) -> [SymbolVersion: [String]] {
        guard let table = dynamic.value(.symbolTable), let marks = dynamic.value(.symbolVersions),
            let size = layout.sections.first(where: { $0.type == ELFVersionNeeds.dynamicSymbols })?.byteCount
        else { return [:] }
        let reader = layout.reader
        let symbols = try layout.offset(of: table, "the symbol table")
        _ = try reader.range(at: symbols, count: size, "the symbol table")
        let count = size / ELFVersionNeeds.symbolByteCount
        let numbers = try layout.offset(of: marks, "the symbols' versions")
        _ = try reader.range(at: numbers, count: count * 2, "the symbols' versions")
        var found: [SymbolVersion: [String]] = [:]
        for index in 0..<count {
            let symbol = symbols + index * ELFVersionNeeds.symbolByteCount
            // Section 0: it is taken from elsewhere.
            guard try reader.integer(UInt16.self, at: symbol + 6, "a symbol") == 0 else { continue }
            let number = try reader.integer(UInt16.self, at: numbers + index * 2, "a symbol's version")
            guard let version = versions[number & ~ELFVersionNeeds.hiddenBit] else { continue }
            let name = try reader.integer(UInt32.self, at: symbol, "a symbol's name")
            found[version, default: []].append(try dynamic.text(UInt64(name)))
        }
        return found.mapValues { $0.sorted() }
    }
}

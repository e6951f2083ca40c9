/// What an ELF executable or library needs of the machine that it is to run on: 64 bits, little-endian.
///
/// Loaders read the program headers, so needs are read from there, too; sections, which a program can do without, only
/// give sizes and the number of symbols. See "System V Application Binary Interface", edition 4.1 and later, for the
/// layout and "ELF Symbol Versioning" (U. Drepper) for version needs. Nothing in the file is believed before it is checked
/// against the file's size, and every walk is bounded by it.
package struct ELFFile: Sendable {
    package enum Machine: String, Sendable, Hashable {
        case x86 = "x86_64"
        case arm64

        init?(_ code: UInt16) {
            switch code {
            case 62: self = .x86
            case 183: self = .arm64
            default: return nil
            }
        }
    }

    /// The versions that are needed of one library.
    package struct VersionNeed: Sendable, Hashable {
        package let library: String
        /// Ascending.
        package let versions: [SymbolVersion]
    }

    package struct Section: Sendable, Hashable {
        package let name: String
        /// Bytes in memory; those of `.bss` are not in the file.
        package let byteCount: Int
        /// Whether it is part of the running program.
        package let isLoaded: Bool
    }

    package let machine: Machine
    package let byteCount: Int
    /// The program that loads this one; nil for a static executable and for libraries.
    package let interpreter: String?
    /// Names of the libraries that must be there, in the file's order.
    package let neededLibraries: [String]
    /// Folders, separated by `:`, that are searched after those of `LD_LIBRARY_PATH`.
    package let runPath: String?
    /// The same, before `LD_LIBRARY_PATH`.
    package let earlyRunPath: String?
    package let versionNeeds: [VersionNeed]
    /// Symbols that are taken from elsewhere, by the version that is needed.
    package let neededSymbols: [SymbolVersion: [String]]
    /// Empty when the file has no section headers.
    package let sections: [Section]

    /// - Parameter name: What the file is called in messages.
    /// - Throws: ``PackagingError``: `.unsupported` for what is no ELF file of 64 bits for a known machine, `.truncated` and
    ///   `.malformed` for one that is damaged.
    package init(_ bytes: [UInt8], name: String) throws(PackagingError) {
        let layout = try ELFLayout(bytes, name: name)
        let dynamic = try ELFDynamicSection(layout)
        let versions = try ELFVersionNeeds(layout, dynamic)
        machine = layout.machine
        byteCount = bytes.count
        interpreter = try layout.interpreter
        neededLibraries = try dynamic.texts(.needed)
        runPath = try dynamic.texts(.runPath).last
        earlyRunPath = try dynamic.texts(.earlyRunPath).last
        versionNeeds = versions.needs
        neededSymbols = try versions.symbols()
        sections = layout.sections.map {
            Section(name: $0.name, byteCount: $0.byteCount, isLoaded: $0.flags & ELFLayout.allocatedFlag != 0)
        }
    }

    /// Whether neither a symbol table nor debug information is left in it.
    package var isStripped: Bool {
        !sections.contains { !$0.isLoaded && ($0.name == ".symtab" || $0.name.hasPrefix(".debug_")) }
    }

    /// The highest version of `set` that is needed of any library.
    package func highestVersion(of set: String) -> SymbolVersion? {
        versionNeeds.flatMap(\.versions).filter { $0.set == set }.max()
    }
}

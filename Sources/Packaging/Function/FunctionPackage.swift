import Digest
import FileSystem

/// A function's zip as Lambda takes it: `bootstrap`, which may be run, at its root, and `lib/` if libraries go with it.
package struct FunctionPackage: Sendable {
    /// The name that Lambda starts in a package for a custom runtime.
    package static let bootstrap = "bootstrap"
    /// Bytes of an executable: more than fits Lambda, little enough to hold in memory.
    package static let maximumExecutableByteCount = 1 << 30

    package let function: String
    package let entries: [ZipEntry]
    /// The zip.
    package let archive: [UInt8]
    /// What `bootstrap` needs.
    package let executable: ELFFile

    /// Puts the package together, without writing anything.
    ///
    /// - Parameters:
    ///   - executable: The program's bytes, as they run here.
    ///   - folder: Where the program is: what its run path is relative to.
    ///   - bundlesLibraries: Whether this machine's loader and libraries go with it; its loader is then set to the bundled
    ///     one, which is the only difference between `bootstrap` and `executable`.
    /// - Throws: ``PackagingError``, ``FileSystemError``.
    package init(function: String, executable bytes: [UInt8], folder: String, bundlesLibraries: Bool) throws {
        self.function = function
        var program = bytes
        var entries: [ZipEntry] = []
        if bundlesLibraries {
            let file = try ELFFile(bytes, name: function)
            let own = (file.earlyRunPath ?? file.runPath ?? "").split(separator: ":").map { part in
                part.hasPrefix("$ORIGIN") ? folder + part.dropFirst("$ORIGIN".count) : String(part)
            }
            let bundle = try LibraryBundle(
                for: file, name: function, folders: own + LibraryBundle.systemFolders(file.machine))
            program = try ELFFile.withLoader(bundle.loader, bytes, name: function)
            entries = bundle.entries
        }
        executable = try ELFFile(program, name: function)
        entries.append(ZipEntry(name: FunctionPackage.bootstrap, mode: 0o755, bytes: program))
        self.entries = entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        archive = try ZipWriter.archive(entries)
    }

    /// The SHA-256 of the zip in base64, as Lambda shows it as `CodeSha256`.
    package var codeSHA256: String { CodeDigest.sha256(of: archive) }

    package var unpackedByteCount: Int { entries.reduce(0) { $0 + $1.bytes.count } }
    /// File names of the libraries that go with it.
    package var bundledLibraries: [String] {
        entries.filter { $0.name != FunctionPackage.bootstrap }.map { FileSystem.name(of: $0.name) }
    }
}

/// The digest by which Lambda names code.
package enum CodeDigest {
    package static func sha256(of bytes: [UInt8]) -> String {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return Base64.encode(hasher.finish())
    }
}

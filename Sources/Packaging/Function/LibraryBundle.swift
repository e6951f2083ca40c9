import FileSystem

/// The loader and the shared libraries of this machine that an executable needs, to go with it.
package struct LibraryBundle: Sendable {
    /// Where bundles are unpacked on Lambda: `lib/` beside `bootstrap`.
    package static let folder = "lib"
    package static let taskRoot = "/var/task"
    private static let maximumLibraryByteCount = 256 << 20

    /// As entries of the package, ascending by name.
    package let entries: [ZipEntry]
    /// The loader's path on Lambda.
    package let loader: String

    package var names: Set<String> { Set(entries.map { FileSystem.name(of: $0.name) }) }

    /// Reads all that `executable` needs, and what that needs.
    ///
    /// - Parameter folders: Where to look, in this order.
    /// - Throws: ``PackagingError`` with code `.missingLibrary` when one is nowhere; ``FileSystemError``.
    package init(for executable: ELFFile, name: String, folders: [String]) throws {
        guard let interpreter = executable.interpreter else {
            throw PackagingError(.unsupported, name, "it is a static executable: there is nothing to bundle")
        }
        let loaderName = FileSystem.name(of: interpreter)
        loader = "\(LibraryBundle.taskRoot)/\(LibraryBundle.folder)/\(loaderName)"
        var waiting = [loaderName] + executable.neededLibraries
        var found: [String: ZipEntry] = [:]
        while let library = waiting.popLast() {
            guard found[library] == nil else { continue }
            guard !library.contains("/"), let bytes = try LibraryBundle.read(library, in: folders) else {
                throw PackagingError(
                    .missingLibrary, name,
                    "\(library), which it needs, is in none of \(folders.joined(separator: ", "))")
            }
            let file = try ELFFile(bytes, name: library)
            guard file.machine == executable.machine else {
                throw PackagingError(.missingLibrary, name, "\(library) here is for \(file.machine.rawValue)")
            }
            found[library] = ZipEntry(name: "\(LibraryBundle.folder)/\(library)", mode: 0o755, bytes: bytes)
            waiting += file.neededLibraries
        }
        entries = found.values.sorted { $0.name < $1.name }
    }

    private static func read(_ library: String, in folders: [String]) throws -> [UInt8]? {
        for folder in folders {
            let path = "\(folder)/\(library)"
            guard try FileSystem.status(path)?.kind == .file else { continue }
            return try FileSystem.readFile(path, maximumByteCount: maximumLibraryByteCount)
        }
        return nil
    }

    /// Where Debian and its relatives, and those of Red Hat, keep libraries.
    package static func systemFolders(_ machine: ELFFile.Machine) -> [String] {
        let triple =
            switch machine {
            case .x86: "x86_64-linux-gnu"
            case .arm64: "aarch64-linux-gnu"
            }
        return ["/lib/\(triple)", "/usr/lib/\(triple)", "/lib64", "/usr/lib64", "/lib", "/usr/lib"]
    }
}

/// Whether a zip holds what was built here, to the byte.
package struct PackageComparison: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable {
        /// The zip's bytes are those that packaging makes now.
        case same
        /// The files in it are the same, in another archive: another program packed them.
        case repacked
        case different
    }

    package let status: Status
    /// `CodeSha256` of the zip.
    package let codeSHA256: String
    /// What differs, one thing a line.
    package let differences: [String]

    /// - Parameters:
    ///   - archive: The zip's bytes.
    ///   - name: What it is called in messages.
    ///   - makePackage: Makes the package anew; told whether the zip has bundled libraries.
    /// - Throws: ``PackagingError`` when the zip can't be read, and what `makePackage` throws.
    package init(
        _ archive: [UInt8], name: String, makePackage: (_ bundlesLibraries: Bool) throws -> FunctionPackage
    ) throws {
        codeSHA256 = CodeDigest.sha256(of: archive)
        let found = try ZipReader.entries(archive, name: name)
        let expected = try makePackage(found.contains { $0.name.hasPrefix("\(LibraryBundle.folder)/") })
        if expected.archive == archive {
            status = .same
            differences = []
            return
        }
        var differences: [String] = []
        let wanted = Dictionary(expected.entries.map { ($0.name, $0) }) { first, _ in first }
        for entry in found {
            guard let other = wanted[entry.name] else {
                differences.append("\(entry.name) is in the zip, and not in what is built")
                continue
            }
            if entry.bytes != other.bytes {
                differences.append(
                    "\(entry.name) has \(entry.bytes.count) bytes, SHA-256 \(CodeDigest.sha256(of: entry.bytes)); built: "
                        + "\(other.bytes.count) bytes, SHA-256 \(CodeDigest.sha256(of: other.bytes))")
            } else if entry.mode != other.mode {
                differences.append(
                    "\(entry.name) has the mode \(String(entry.mode, radix: 8)) and not \(String(other.mode, radix: 8))"
                )
            }
        }
        let names = Set(found.map(\.name))
        for entry in expected.entries where !names.contains(entry.name) {
            differences.append("\(entry.name) is not in the zip")
        }
        status = differences.isEmpty ? .repacked : .different
        self.differences = differences
    }
}

package import JSON

/// What is to be known of a package before it is deployed.
package struct PackageReport: Sendable {
    /// Sections that are listed for people: the largest.
    private static let listedSectionCount = 5
    /// Names of symbols that are listed for people.
    private static let listedSymbolCount = 4

    package let function: String
    /// Where the zip is.
    package let path: String
    package let target: LambdaTarget
    package let codeSHA256: String
    package let archiveByteCount: Int
    package let unpackedByteCount: Int
    package let executable: ELFFile
    package let bundledLibraries: [String]
    package let problems: [PackageProblem]

    package init(_ package: FunctionPackage, path: String, target: LambdaTarget) {
        function = package.function
        self.path = path
        self.target = target
        codeSHA256 = package.codeSHA256
        archiveByteCount = package.archive.count
        unpackedByteCount = package.unpackedByteCount
        executable = package.executable
        bundledLibraries = package.bundledLibraries
        var problems = target.problems(of: package.executable, bundled: Set(package.bundledLibraries))
        if package.unpackedByteCount > LambdaTarget.maximumUnpackedByteCount {
            problems.append(
                .failure(
                    .unpackedTooLarge,
                    "it unpacks to \(package.unpackedByteCount) bytes; Lambda takes \(LambdaTarget.maximumUnpackedByteCount)"
                ))
        }
        if package.archive.count > LambdaTarget.maximumUploadByteCount {
            problems.append(
                .warning(
                    .uploadTooLarge,
                    "the zip has more than \(LambdaTarget.maximumUploadByteCount) bytes: it has to go through S3"))
        }
        if !package.executable.isStripped {
            problems.append(
                .warning(.notStripped, "bootstrap has symbols and debug information: link it with '-s', or strip it"))
        }
        self.problems = problems
    }

    /// Whether nothing is known that would keep the function from starting.
    package var canRun: Bool { !problems.contains { $0.severity == .failure } }

    /// The highest version of glibc's symbols that is needed, and who needs it.
    package var highestGlibc: SymbolVersion? { executable.highestVersion(of: "GLIBC") }

    /// Libraries in the file's order with the highest version of each set that is needed of them.
    private var libraries: [(name: String, versions: [SymbolVersion])] {
        executable.neededLibraries.map { name in
            let versions = executable.versionNeeds.filter { $0.library == name }.flatMap(\.versions)
            let sets = Set(versions.map(\.set)).sorted()
            return (name, sets.compactMap { set in versions.filter { $0.set == set }.max() })
        }
    }

    package var json: JSONValue {
        let symbols = highestGlibc.flatMap { executable.neededSymbols[$0] } ?? []
        var object = JSONObject()
        object["function"] = .string(function)
        object["zip"] = .string(path)
        object["zip_bytes"] = .int(archiveByteCount)
        object["unpacked_bytes"] = .int(unpackedByteCount)
        object["code_sha256"] = .string(codeSHA256)
        object["target"] = .string(target.name)
        object["architecture"] = .string(executable.machine.rawValue)
        object["stripped"] = .bool(executable.isStripped)
        object["loader"] = executable.interpreter.map { .string($0) } ?? .null
        object["libraries"] = .array(
            libraries.map { ["name": .string($0.name), "versions": PackageReport.list($0.versions.map(\.name))] })
        object["highest_glibc"] = highestGlibc.map { .string($0.name) } ?? .null
        object["highest_glibc_symbols"] = PackageReport.list(symbols)
        object["sections"] = .array(
            executable.sections.map { ["name": .string($0.name), "bytes": .int($0.byteCount)] })
        object["bundled"] = PackageReport.list(bundledLibraries)
        object["problems"] = .array(problems.map(\.json))
        return .object(object)
    }

    private static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    /// Lines for people.
    package var text: String {
        var lines = ["\(function)  \(path)"]
        func add(_ name: String, _ value: String) {
            lines.append("  " + name + String(repeating: " ", count: max(1, 12 - name.count)) + value)
        }
        add("size", "\(grouped(archiveByteCount)) bytes, \(grouped(unpackedByteCount)) unpacked")
        add("CodeSha256", codeSHA256)
        add(
            "needs",
            libraries.isEmpty
                ? "no library"
                : libraries.map { library in
                    let versions = library.versions.map(\.name).joined(separator: ", ")
                    return library.name + (versions.isEmpty ? "" : " (\(versions))")
                }.joined(separator: ", "))
        if let highestGlibc {
            let symbols = executable.neededSymbols[highestGlibc] ?? []
            let more = symbols.count - PackageReport.listedSymbolCount
            let names =
                symbols.prefix(PackageReport.listedSymbolCount).joined(separator: ", ")
                + (more > 0 ? " and \(more) more" : "")
            add("glibc", "at most \(highestGlibc)" + (symbols.isEmpty ? "" : ": \(names)"))
        }
        let largest = executable.sections.filter(\.isLoaded).sorted { $0.byteCount > $1.byteCount }
        if !largest.isEmpty {
            add(
                "sections",
                largest.prefix(PackageReport.listedSectionCount).map { "\($0.name) \(grouped($0.byteCount))" }
                    .joined(separator: ", "))
        }
        if !bundledLibraries.isEmpty { add("bundled", bundledLibraries.joined(separator: ", ")) }
        for problem in problems { add(problem.severity.rawValue, problem.detail) }
        if canRun { add("ok", "starts on \(target.name), \(executable.machine.rawValue)") }
        return lines.joined(separator: "\n")
    }

    /// `1,234,567`.
    private func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }
}

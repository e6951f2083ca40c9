/// What a package may rely on where it is to run.
package struct LambdaTarget: Sendable {
    package let name: String
    package let architecture: ELFFile.Machine
    /// The loader that executables must name.
    package let loader: String
    /// Libraries by name, with the highest version of each set of symbol versions that they have. A set that is not listed is
    /// not there.
    package let libraries: [String: [SymbolVersion]]

    /// Bytes of a zip that Lambda takes in a request; a larger one has to come from S3.
    package static let maximumUploadByteCount = 50 << 20
    /// Bytes that a function's zip and its layers may have, unpacked.
    package static let maximumUnpackedByteCount = 250 << 20

    /// Lambda's runtime provided.al2023.
    ///
    /// It is based on Amazon Linux 2023's minimal container image (AWS Compute Blog, "Introducing the Amazon Linux 2023
    /// runtime for AWS Lambda"; AL2023 User Guide, "Using AL2023 in AWS Lambda"), which has glibc 2.34 and, for its
    /// package manager, the C++ library of GCC 11 (User Guide, "Comparing packages installed on AL2023 container images";
    /// `rpm -qa` of such an image is in amazonlinux/amazon-linux-2023 issue 585: glibc-2.34-52.amzn2023). GCC 11's
    /// libstdc++ ends with GLIBCXX_3.4.29 and CXXABI_1.3.13 (libstdc++ manual, "ABI Policy and Guidelines").
    ///
    /// The image has more libraries (libcurl, libcrypto, libz, ...). They are left out on purpose: they are others than
    /// those of the building machine (Debian's libcurl has symbols of version CURL_OPENSSL_4, Amazon's has none), so a
    /// function links them statically or opens them when it needs them.
    package static func providedAL2023(_ architecture: ELFFile.Machine) -> LambdaTarget {
        let loader =
            switch architecture {
            case .x86: "/lib64/ld-linux-x86-64.so.2"
            case .arm64: "/lib/ld-linux-aarch64.so.1"
            }
        let glibc = [SymbolVersion("GLIBC_2.34")]
        var libraries: [String: [SymbolVersion]] = [
            "libgcc_s.so.1": [SymbolVersion("GCC_11.0")],
            "libstdc++.so.6": [SymbolVersion("GLIBCXX_3.4.29"), SymbolVersion("CXXABI_1.3.13")],
        ]
        for name in [
            "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2", "libutil.so.1",
            String(loader[(loader.lastIndex(of: "/").map(loader.index(after:)) ?? loader.startIndex)...]),
        ] { libraries[name] = glibc }
        return LambdaTarget(
            name: "provided.al2023", architecture: architecture, loader: loader, libraries: libraries)
    }

    /// What of `executable` this target has not got; empty when it can start there.
    ///
    /// - Parameter bundled: Names of the libraries that come with the executable, its loader among them.
    package func problems(of executable: ELFFile, bundled: Set<String>) -> [PackageProblem] {
        var problems: [PackageProblem] = []
        if executable.machine != architecture {
            problems.append(
                .failure(
                    .otherMachine,
                    "it is for \(executable.machine.rawValue), the function for \(architecture.rawValue): build it there"
                ))
        }
        if bundled.isEmpty, let interpreter = executable.interpreter, interpreter != loader {
            problems.append(.failure(.missingLoader, "it is loaded by \(interpreter), which \(name) has not got"))
        }
        for library in executable.neededLibraries where libraries[library] == nil && !bundled.contains(library) {
            problems.append(
                .failure(
                    .missingLibrary,
                    "it needs \(library), which \(name) has not got: link it statically or open it when it is needed"))
        }
        for need in executable.versionNeeds where !bundled.contains(need.library) {
            let highest = libraries[need.library] ?? []
            for version in need.versions {
                let limit = highest.first { $0.set == version.set }
                if let limit, version <= limit, !version.parts.isEmpty { continue }
                let symbols = executable.neededSymbols[version] ?? []
                let names = symbols.isEmpty ? "symbols" : symbols.joined(separator: ", ")
                problems.append(
                    .failure(
                        .missingVersion,
                        "it needs \(names) of \(need.library) in version \(version); \(name) has "
                            + (limit.map { "\($0)" } ?? "none of that name")))
            }
        }
        return problems
    }
}

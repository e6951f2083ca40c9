import Digest
import FileSystem
import JSON
import Packaging
import TestSupport
import Testing

@Suite("Packages of functions")
struct PackageTests {
    private static let target = LambdaTarget.providedAL2023(.x86)

    private func codes(_ elf: TinyELF, bundled: Set<String> = [], target: LambdaTarget = target) throws
        -> [PackageProblem.Code]
    {
        target.problems(of: try ELFFile(elf.bytes, name: "f"), bundled: bundled).map(\.code)
    }

    @Test("what provided.al2023 has is no problem")
    func good() throws {
        let elf = TinyELF(
            needed: ["libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"],
            versions: [
                ("libc.so.6", [("GLIBC_2.34", "dlopen"), ("GLIBC_2.2.5", "free")]),
                ("libstdc++.so.6", [("GLIBCXX_3.4.29", "a"), ("CXXABI_1.3.11", "b")]),
                ("libgcc_s.so.1", [("GCC_3.3", "c")]), ("ld-linux-x86-64.so.2", [("GLIBC_2.3", "__tls_get_addr")]),
            ])
        #expect(try codes(elf).isEmpty)
        #expect(try codes(TinyELF(interpreter: nil)).isEmpty)
    }

    @Test(
        "a newer version, an unknown set and a library that is not there are problems, with the symbol's name",
        arguments: [
            ("libm.so.6", "GLIBC_2.35", "hypotf", PackageProblem.Code.missingVersion),
            ("libc.so.6", "GLIBC_PRIVATE", "secret", .missingVersion),
            ("libc.so.6", "GLIBC_ABI_DT_RELR", "relr", .missingVersion),
            ("libstdc++.so.6", "GLIBCXX_3.4.30", "condition", .missingVersion),
            ("libc.so.6", "CURL_OPENSSL_4", "curl_easy_init", .missingVersion),
        ])
    func missing(library: String, version: String, symbol: String, code: PackageProblem.Code) throws {
        let elf = TinyELF(needed: [library], versions: [(library, [(version, symbol)])])
        let problems = Self.target.problems(of: try ELFFile(elf.bytes, name: "f"), bundled: [])
        #expect(problems.map(\.code) == [code])
        #expect(problems.first?.detail.contains(symbol) == true && problems.first?.detail.contains(version) == true)
        #expect(try codes(elf, bundled: [library]).isEmpty)
    }

    @Test("libcurl linked directly, another loader and another machine are problems")
    func others() throws {
        let curl = TinyELF(
            needed: ["libcurl.so.4"], versions: [("libcurl.so.4", [("CURL_OPENSSL_4", "curl_easy_init")])])
        #expect(try codes(curl) == [.missingLibrary, .missingVersion])
        #expect(try codes(TinyELF(interpreter: "/lib/ld-musl-x86_64.so.1")) == [.missingLoader])
        #expect(try codes(TinyELF(machine: 183, interpreter: "/lib/ld-linux-aarch64.so.1")).first == .otherMachine)
        let arm = LambdaTarget.providedAL2023(.arm64)
        #expect(try codes(TinyELF(machine: 183, interpreter: "/lib/ld-linux-aarch64.so.1"), target: arm).isEmpty)
    }

    @Test("one executable makes one package, whose digest is the zip's SHA-256 in base64")
    func reproducible() async throws {
        let bytes = ELFTests.tiny.bytes
        let package = try FunctionPackage(function: "f", executable: bytes, folder: "/nowhere", bundlesLibraries: false)
        #expect(
            try FunctionPackage(function: "f", executable: bytes, folder: "/nowhere", bundlesLibraries: false).archive
                == package.archive)
        let entries = try ZipReader.entries(package.archive, name: "f.zip")
        #expect(entries == [ZipEntry(name: "bootstrap", mode: 0o755, bytes: bytes)])
        #expect(Base64.decode(package.codeSHA256).map { hex($0) } == sha256(package.archive))
    }

    @Test("a report says what is needed, for people and for programs")
    func report() throws {
        let package = try FunctionPackage(
            function: "f", executable: ELFTests.tiny.bytes, folder: "/nowhere", bundlesLibraries: false)
        let report = PackageReport(package, path: "out/f.zip", target: Self.target)
        #expect(!report.canRun)
        for text in [
            "f  out/f.zip\n", package.codeSHA256, "needs       libc.so.6 (GLIBC_2.34), libm.so.6 (GLIBC_2.35)",
            "at most GLIBC_2.35: hypotf",
            "failure     it needs hypotf of libm.so.6 in version GLIBC_2.35; provided.al2023 has GLIBC_2.34",
        ] { #expect(report.text.contains(text), "\(text) in \(report.text)") }
        #expect(!report.text.contains("starts on"))
        let json = try JSONValue(parsing: report.json.text())
        #expect(json["code_sha256"]?.stringValue == package.codeSHA256)
        #expect(json["zip_bytes"]?.intValue == package.archive.count)
        #expect(json["highest_glibc"] == "GLIBC_2.35" && json["highest_glibc_symbols"] == ["hypotf"])
        #expect(json["libraries"]?[1] == ["name": "libm.so.6", "versions": ["GLIBC_2.35"]])
        #expect(json["problems"]?[0]?["code"] == "missingVersion")
        #expect(json["stripped"] == true)
    }

    @Test("a bundle has the loader and all libraries, and comes to the same bytes again")
    func bundle() throws {
        // The interpreter of the tests' machine, so that its libraries are there to be read.
        let shell = try ELFFile(FileSystem.readFile("/bin/sh"), name: "/bin/sh")
        let elf = TinyELF(
            machine: shell.machine == .x86 ? 62 : 183, interpreter: shell.interpreter,
            needed: ["libm.so.6", "libc.so.6"], runPath: "$ORIGIN/lib",
            versions: [("libm.so.6", [("GLIBC_2.35", "hypotf")])])
        let package = try FunctionPackage(
            function: "f", executable: elf.bytes, folder: "/nowhere", bundlesLibraries: true)
        let loader = FileSystem.name(of: try #require(shell.interpreter))
        #expect(package.bundledLibraries == [loader, "libc.so.6", "libm.so.6"].sorted())
        #expect(package.executable.interpreter == "/var/task/lib/\(loader)")
        let report = PackageReport(package, path: "f.zip", target: .providedAL2023(shell.machine))
        #expect(report.canRun, "\(report.text)")
        #expect(
            try FunctionPackage(function: "f", executable: elf.bytes, folder: "/nowhere", bundlesLibraries: true)
                .archive
                == package.archive)
        var missing = elf
        missing.needed = ["libnowhere.so.9"]
        #expect {
            try FunctionPackage(function: "f", executable: missing.bytes, folder: "/nowhere", bundlesLibraries: true)
        } throws: {
            ($0 as? PackagingError)?.code == .missingLibrary && "\($0)".contains("libnowhere.so.9")
        }
    }

    @Test("a comparison tells the same, the same in another archive, and what differs")
    func comparison() throws {
        let bytes = ELFTests.tiny.bytes
        let make = { (bundles: Bool) in
            try FunctionPackage(function: "f", executable: bytes, folder: "/nowhere", bundlesLibraries: bundles)
        }
        let package = try make(false)
        #expect(try PackageComparison(package.archive, name: "f.zip", makePackage: make).status == .same)
        // A comment at the end, as another program may write one.
        var commented = package.archive
        commented[commented.count - 2] = 1
        let repacked = try PackageComparison(commented + [0x21], name: "f.zip", makePackage: make)
        #expect(repacked.status == .repacked && repacked.codeSHA256 != package.codeSHA256)
        let other = try ZipWriter.archive([
            ZipEntry(name: "bootstrap", mode: 0o755, bytes: bytes + [0]), ZipEntry(name: "more", bytes: []),
        ])
        let different = try PackageComparison(other, name: "f.zip", makePackage: make)
        #expect(different.status == .different && different.differences.count == 2)
        let unrunnable = try ZipWriter.archive([ZipEntry(name: "bootstrap", mode: 0o644, bytes: bytes)])
        #expect(
            try PackageComparison(unrunnable, name: "f.zip", makePackage: make).differences
                == ["bootstrap has the mode 644 and not 755"])
    }

    @Test("a deployed digest is compared, and an answer that fails is never taken for the same")
    func deployed() async {
        struct Fake: DeployedCode {
            let answer: String?
            func codeSHA256(ofFunction function: String) async throws -> String {
                guard let answer else { throw PackagingError(.malformed, function, "no answer") }
                return answer
            }
        }
        #expect(await DeployedComparison("a", function: "f", with: Fake(answer: "a")) == .same)
        #expect(
            await DeployedComparison("a", function: "f", with: Fake(answer: "b")) == .different(codeSHA256: "b"))
        #expect(
            await DeployedComparison("a", function: "f", with: Fake(answer: nil))
                == .notCompared(reason: "f: no answer"))
    }
}

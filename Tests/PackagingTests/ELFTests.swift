import FileSystem
import Packaging
import TestSupport
import Testing

@Suite("ELF files")
struct ELFTests {
    static let tiny = TinyELF(
        needed: ["libc.so.6", "libm.so.6"], runPath: "$ORIGIN:$ORIGIN/lib",
        versions: [
            ("libc.so.6", [("GLIBC_2.34", "dlopen"), ("GLIBC_2.4", "__stack_chk_fail"), ("GLIBC_2.34", "stat")]),
            ("libm.so.6", [("GLIBC_2.35", "hypotf")]),
        ])

    @Test("what a made-up executable needs is read")
    func tiny() throws {
        let file = try ELFFile(Self.tiny.bytes, name: "tiny")
        #expect(file.machine == .x86)
        #expect(file.interpreter == "/lib64/ld-linux-x86-64.so.2")
        #expect(file.neededLibraries == ["libc.so.6", "libm.so.6"])
        #expect(file.runPath == "$ORIGIN:$ORIGIN/lib" && file.earlyRunPath == nil)
        #expect(file.highestVersion(of: "GLIBC") == SymbolVersion("GLIBC_2.35"))
        #expect(file.highestVersion(of: "GLIBCXX") == nil)
        #expect(file.neededSymbols[SymbolVersion("GLIBC_2.35")] == ["hypotf"])
        #expect(file.neededSymbols[SymbolVersion("GLIBC_2.34")] == ["dlopen", "stat"])
        #expect(file.isStripped)
        #expect(file.sections.map(\.name) == [".shstrtab", ".dynsym", ".text"])
        var unstripped = Self.tiny
        unstripped.extraSections = [".debug_info"]
        #expect(try !ELFFile(unstripped.bytes, name: "tiny").isStripped)
    }

    @Test("a static executable needs nothing, and arm64 is told from x86_64")
    func variants() throws {
        let still = try ELFFile(TinyELF(interpreter: nil).bytes, name: "static")
        #expect(still.interpreter == nil && still.neededLibraries.isEmpty && still.versionNeeds.isEmpty)
        #expect(try ELFFile(TinyELF(machine: 183).bytes, name: "arm").machine == .arm64)
    }

    @Test("what readelf reads of a real program is read here")
    func readelf() async throws {
        guard try FileSystem.status("/usr/bin/readelf") != nil else {
            print("NOT RUN: there is no readelf here to compare with")
            return
        }
        let program = try FileSystem.realPath("/bin/sh")
        let file = try ELFFile(FileSystem.readFile(program), name: program)
        let finished = try await runProcess("readelf", ["-dVW", "--dyn-syms", program])
        #expect(finished.status == 0)
        let lines = finished.output.split(separator: "\n")
        let needed = lines.filter { $0.contains("(NEEDED)") }.compactMap { $0.split(separator: "[").last?.dropLast() }
        #expect(file.neededLibraries == needed.map(String.init))
        let names = lines.filter { $0.contains("Flags: none") && $0.contains("Name: ") }
            .compactMap { $0.split(separator: " ").drop { $0 != "Name:" }.dropFirst().first.map(String.init) }
        #expect(Set(file.versionNeeds.flatMap(\.versions).map(\.name)) == Set(names) && !names.isEmpty)
        let highest = try #require(file.highestVersion(of: "GLIBC"))
        let symbols = lines.filter { $0.contains(" UND ") && $0.contains("@\(highest.name) ") }
            .compactMap { $0.split(separator: " ").drop { $0 != "UND" }.dropFirst().first?.split(separator: "@").first }
        #expect(file.neededSymbols[highest] == symbols.map(String.init).sorted())
    }

    @Test(
        "versions are ordered by number within their set",
        arguments: [
            ("GLIBC_2.4", "GLIBC_2.34", true), ("GLIBC_2.34", "GLIBC_2.4", false), ("GLIBC_2.3", "GLIBC_2.3.4", true),
            ("GLIBC_2.34", "GLIBC_2.34", false), ("CXXABI_1.3", "GLIBC_2.2.5", true),
        ])
    func versions(left: String, right: String, isBefore: Bool) {
        #expect((SymbolVersion(left) < SymbolVersion(right)) == isBefore)
    }

    @Test("a version without a number is a set of its own", arguments: ["GLIBC_PRIVATE", "GLIBC_ABI_DT_RELR", "", "_"])
    func unnumbered(name: String) {
        #expect(SymbolVersion(name).set == name && SymbolVersion(name).parts.isEmpty)
        #expect(SymbolVersion("CURL_OPENSSL_4").set == "CURL_OPENSSL")
    }

    @Test("what is no ELF file for Lambda is refused by what it is")
    func refused() {
        func error(_ bytes: [UInt8]) -> PackagingError? {
            do {
                _ = try ELFFile(bytes, name: "x")
                return nil
            } catch { return error }
        }
        #expect(error([])?.code == .unsupported)
        #expect(error(Array("#!/bin/sh\n".utf8))?.code == .unsupported)
        #expect(error([0x7F, 0x45, 0x4C, 0x46])?.code == .truncated)
        #expect(error([0x7F, 0x45, 0x4C, 0x46, 1, 1] + [UInt8](repeating: 0, count: 58))?.code == .unsupported)
        #expect(error(TinyELF(machine: 243).bytes)?.code == .unsupported)
        #expect(error(Array(Self.tiny.bytes.prefix(300)))?.code == .truncated)
        #expect(
            error(Array(Self.tiny.bytes.prefix(100)))?.description
                == "x: the program headers should be at byte 64, 168 bytes long, but the file has 100 bytes")
    }

    @Test("a file that is made to keep its reader busy is refused soon")
    func busy() {
        let needs = (0..<20_000).map { (version: "GLIBC_2.\($0 % 10)", symbol: "s") }
        let elf = TinyELF(needed: ["libc.so.6"], versions: [("libc.so.6", needs)])
        #expect { try ELFFile(elf.bytes, name: "busy") } throws: { ($0 as? PackagingError)?.code == .tooLarge }
    }

    @Test("no damage crashes the reader")
    func fuzz() throws {
        var random = SystemRandomNumberGenerator()
        let samples = [Self.tiny.bytes, try FileSystem.readFile("/bin/sh")]
        for (sample, rounds) in zip(samples, [20_000, 300]) {
            for end in stride(from: 0, to: min(sample.count, 4_096), by: 1) {
                _ = try? ELFFile(Array(sample[..<end]), name: "x")
            }
            for _ in 0..<rounds {
                var bytes = sample
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    // Mostly in the tables that are read.
                    let index = Int.random(
                        in: 0..<min(bytes.count, Bool.random(using: &random) ? 1_200 : .max), using: &random)
                    bytes[index] = [0, 0xFF, 0x7F, 0x80, .random(in: 0...255)].randomElement(using: &random) ?? 0
                }
                _ = try? ELFFile(bytes, name: "x")
                _ = try? ELFFile.withLoader("/var/task/lib/ld.so", bytes, name: "x")
            }
        }
    }

    @Test("another loader changes what it must, and no byte else")
    func loader() throws {
        let before = Self.tiny.bytes
        let after = try ELFFile.withLoader("/var/task/lib/ld-linux-x86-64.so.2", before, name: "tiny")
        let file = try ELFFile(after, name: "tiny")
        #expect(file.interpreter == "/var/task/lib/ld-linux-x86-64.so.2")
        #expect(file.runPath == nil && file.earlyRunPath == "$ORIGIN:$ORIGIN/lib")
        #expect(file.neededLibraries == ["libc.so.6", "libm.so.6"])
        #expect(zip(before, after).count { $0 != $1 } <= 8)
        var lost = Self.tiny
        lost.runPath = nil
        #expect(throws: PackagingError.self) { try ELFFile.withLoader("/l", lost.bytes, name: "lost") }
    }
}

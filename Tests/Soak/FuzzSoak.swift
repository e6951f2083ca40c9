import FileSystem
import Glibc
import JSON
import StatesLanguageFuzz
import TestSupport

/// Definitions and paths drawn for a time. A case that crashes or takes over 20 seconds ends the process; the file
/// `fuzz-case` in the working folder then says which it was.
enum FuzzSoak {
    static let longestCaseSeconds: UInt32 = 20

    static func run(seed: UInt64, seconds: Int, corpus: some Sequence<String>) throws {
        let run = FuzzRun(seed: seed, corpus: definitions(corpus))
        let start = ContinuousClock.now
        var (cases, accepted, number, slowest) = (0, 0, 0, Duration.zero)
        while ContinuousClock.now - start < .seconds(seconds) {
            if number % 16 == 0 {
                try FileSystem.writeFileAtomically("fuzz-case", Array("\(seed) \(number) to \(number + 15)\n".utf8))
            }
            alarm(longestCaseSeconds)
            let begin = ContinuousClock.now
            do {
                if try run.check(number) { accepted += 1 }
                try run.checkPath(number)
            } catch {
                print("seed \(seed), case \(number): \(error)")
                print(String(decoding: run.definition(number), as: UTF8.self))
                exit(1)
            }
            let time = ContinuousClock.now - begin
            if time > slowest {
                slowest = time
                print("slowest so far: case \(number), \(time)")
            }
            cases += 1
            number += 1
        }
        alarm(0)
        print("seed \(seed): \(cases) cases, \(accepted) definitions accepted and run, the slowest took \(slowest)")
    }

    static func show(seed: UInt64, number: Int, corpus: some Sequence<String>) {
        print(String(decoding: FuzzRun(seed: seed, corpus: definitions(corpus)).definition(number), as: UTF8.self))
    }

    /// Definitions in files: themselves, or under "definition" as in recorded cases.
    private static func definitions(_ files: some Sequence<String>) -> [JSONValue] {
        files.compactMap { (try? FileSystem.readFile($0)).flatMap { try? JSONValue(parsing: $0) } }
            .map { $0["definition"] ?? $0 }
    }
}

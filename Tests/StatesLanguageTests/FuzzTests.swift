import FileSystem
import JSON
import StatesLanguageFuzz
import TestSupport
import Testing

@testable import StatesLanguage

/// A short run of what `make soak` does for minutes (infra/soak/fuzz-states-language), and all that was ever found.
@Suite("Definitions and paths at random")
struct FuzzTests {
    @Test("any definition is refused with a place or runs, and runs again the same", arguments: 1...4)
    func definitions(seed: Int) throws {
        let run = FuzzRun(seed: UInt64(seed))
        var accepted = 0
        for number in 0..<60 {
            do {
                if try run.check(number) { accepted += 1 }
            } catch {
                Issue.record(
                    "seed \(seed), case \(number): \(error)\n\(String(decoding: run.definition(number), as: UTF8.self))"
                )
            }
        }
        #expect(accepted > 5, "most of what is drawn should be a definition")
    }

    @Test("any path is refused or finds the same each time", arguments: 1...4)
    func paths(seed: Int) throws {
        let run = FuzzRun(seed: UInt64(seed))
        for number in 0..<500 { try run.checkPath(number) }
    }

    static let found: [String] =
        (try? FileSystem.list("\(Repository.root)/Tests/StatesLanguageTests/Found").filter { $0.hasSuffix(".json") })
        ?? []

    @Test("what was found once stays found", arguments: found)
    func fixtures(name: String) throws {
        let bytes = try FileSystem.readFile("\(Repository.root)/Tests/StatesLanguageTests/Found/\(name)")
        for seed in 1...20 { _ = try FuzzRun(seed: UInt64(seed)).check(definition: bytes) }
    }
}

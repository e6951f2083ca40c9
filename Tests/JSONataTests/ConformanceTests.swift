import TestSupport
import Testing

@testable import JSONata

@Suite("The reference implementation's cases")
struct ConformanceTests {
    /// Cases that fail, each with its reason.
    static let exceptions: [String: String] = [:]

    @Test(
        "each case comes to its result or its error",
        arguments: Dictionary(grouping: ConformanceCase.all) {
            String($0.name.prefix { $0 != "/" })
        }.sorted { $0.key < $1.key }.map { Group(name: $0.key, cases: $0.value) })
    func cases(group: Group) {
        for example in group.cases where Self.exceptions[example.name] == nil {
            let failure = example.failure()
            #expect(failure == nil, "\(example): \(failure ?? "")")
        }
    }

    @Test("cases are there, or their absence is said", .enabled(if: Repository.shared(ConformanceCase.folder) != nil))
    func present() { #expect(ConformanceCase.all.count > 700) }

    struct Group: CustomTestStringConvertible, Sendable {
        let name: String
        let cases: [ConformanceCase]
        var testDescription: String { name }
    }
}

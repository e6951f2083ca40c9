import FileSystem
import JSON
import TestSupport

@testable import StatesLanguage

/// A case recorded from AWS (../shared/conformance): a definition, an input, and what came of it.
struct RecordedCase: CustomStringConvertible, Sendable {
    let name: String
    let json: JSONValue

    var description: String { name }

    static let folder = "conformance/states-language"

    static func all(_ kind: String) -> [RecordedCase] {
        guard let path = Repository.shared("\(folder)/\(kind)"), let names = try? FileSystem.list(path) else {
            return []
        }
        return names.filter { $0.hasSuffix(".json") }.compactMap { name in
            (try? FileSystem.readFile("\(path)/\(name)")).flatMap { try? JSONValue(parsing: $0) }
                .map { RecordedCase(name: name, json: $0) }
        }
    }

    var features: [String] { json["features"]?.arrayValue?.compactMap(\.stringValue) ?? [] }
    var definition: JSONValue { json["definition"] ?? .null }

    var status: String { json["expect"]?["status"]?.stringValue ?? "" }
    var history: [JSONValue] { json["history"]?.arrayValue ?? [] }

    /// Whether the events' order is AWS's own: that of concurrent branches is anybody's.
    var hasOrderedHistory: Bool {
        json["historyOrderNormalised"] != true && !history.isEmpty
            && !features.contains { $0 == "state:Map" || $0 == "state:Parallel" }
    }

    private static let commonTokens = [
        "timestamp", "date", "datetime", "RequestId", "x-amzn-RequestId", "X-Amzn-Trace-Id",
    ]

    /// Texts that stand for anything in this recording.
    var tokens: Set<String> {
        let masked = (json["maskedJsonpaths"]?.arrayValue ?? []).filter { $0[2] == false }.compactMap { $0[1] }
        let dynamic = json["dynamicTokens"]?.arrayValue ?? []
        return Set((masked + dynamic).compactMap(\.stringValue) + Self.commonTokens)
    }

    var replacements: [(pattern: String, text: String)] {
        (json["replacements"]?.arrayValue ?? []).compactMap { pair in
            pair[0]?.stringValue.flatMap { pattern in pair[1]?.stringValue.map { (pattern, $0) } }
        }
    }

    var input: JSONValue {
        if let text = json["inputText"]?.stringValue, let parsed = try? JSONValue(parsing: text) { return parsed }
        return json["input"] ?? [:]
    }
}

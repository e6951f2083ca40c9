import FileSystem
import JSON
import TestSupport

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

    /// The capability of a later issue that the case needs, by the name under which the definition is refused.
    var laterCapability: String? {
        let text = definition.text()
        if features.contains("jsonata") || features.contains("mixed-query-language") { return "JSONata" }
        if features.contains("variables") || features.contains("field:Assign") { return "variable" }
        // Here the text of a function stands in a Result, which is no template.
        let isOnlyText = name.contains("ESCAPE_SEQUENCES_STRING_LITERA")
        if features.contains(where: { $0.hasPrefix("intrinsic:") }), !isOnlyText { return "intrinsic" }
        if features.contains("map-mode:DISTRIBUTED") || text.contains("Tolerated") || text.contains("\"Label\"") {
            return "istributed"
        }
        return nil
    }

    var input: JSONValue {
        if let text = json["inputText"]?.stringValue, let parsed = try? JSONValue(parsing: text) { return parsed }
        return json["input"] ?? [:]
    }
}

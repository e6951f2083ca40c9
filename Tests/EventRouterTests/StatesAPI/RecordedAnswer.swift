import JSON

/// Comparison with an answer that was recorded from AWS, in which tokens stand for anything.
struct RecordedAnswer {
    /// Texts that stand for anything.
    private static let wild: Set<String> = [
        "timestamp", "datetime", "date", "activity_arn", "activity_name", "creation-date", "start-date", "stop-date",
        "state_machine_alias_name", "snf_role_arn", "sfn_role_arn", "ssm_nonexistent_arn", "invalid_execution_arn",
    ]
    /// What `<uuid:1>` was when it was first met: it is the same wherever it stands.
    private var bound: [String: String] = [:]

    /// The first difference, or nil.
    mutating func difference(_ wanted: JSONValue, _ got: JSONValue, at place: String = "") -> String? {
        switch (wanted, got) {
        case (.string(let wanted), _) where Self.wild.contains(wanted): return nil
        case (.string(let wanted), .string(let got)):
            return matches(wanted, got) ? nil : "\(place)/: '\(got)' is not '\(wanted)'"
        case (.object, .string(let got)), (.array, .string(let got)):
            // Recordings keep some texts as the JSON they spell.
            guard let parsed = try? JSONValue(parsing: got) else { return "\(place)/: '\(got)' is no JSON" }
            return difference(wanted, parsed, at: place)
        case (.array(let wanted), .array(let got)):
            guard wanted.count == got.count else { return "\(place)/: \(got.count) elements, not \(wanted.count)" }
            for (index, pair) in zip(wanted, got).enumerated() {
                if let found = difference(pair.0, pair.1, at: "\(place)/\(index)") { return found }
            }
            return nil
        case (.object(let wanted), .object(let got)):
            guard Set(wanted.keys) == Set(got.keys) else {
                return "\(place)/: \(got.keys.sorted()) is not \(wanted.keys.sorted())"
            }
            for (key, value) in wanted {
                if let found = difference(value, got[key] ?? .null, at: "\(place)/\(key)") { return found }
            }
            return nil
        default: return wanted == got ? nil : "\(place)/: \(got.text()) is not \(wanted.text())"
        }
    }

    mutating func matches(_ wanted: String, _ got: String) -> Bool {
        if wanted.hasPrefix("<uuid:") || wanted.hasPrefix("snf_role_arn_t") {
            let isFirst = bound[wanted] == nil
            // Another token is another text.
            if isFirst, bound.contains(where: { $0.key.prefix(6) == wanted.prefix(6) && $0.value == got }) {
                return false
            }
            return bound[wanted, default: got] == got && { bound[wanted] = got }() == ()
        }
        let got = got.replacing("arn:aws:", with: "arn:<partition>:").replacing("us-east-1", with: "<region>")
        guard wanted != got else { return true }
        let pieces = wanted.replacing("<partition>", with: "\u{1}").replacing("<region>", with: "\u{2}")
            .replacing(
                /<[A-Za-z0-9_:-]+>|state_machine_alias(_base)?_name|ssm_nonexistent_arn|invalid_execution_arn/,
                with: "\u{0}"
            )
            .replacing("\u{1}", with: "<partition>").replacing("\u{2}", with: "<region>")
            .split(separator: "\u{0}", omittingEmptySubsequences: false)
        guard let first = pieces.first, let last = pieces.last, pieces.count > 1, got.hasPrefix(first) else {
            return false
        }
        var rest = got.dropFirst(first.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let range = rest.firstRange(of: piece) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.hasSuffix(last)
    }
}

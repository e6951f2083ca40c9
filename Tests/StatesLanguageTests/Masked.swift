import JSON

/// Comparison with recordings in which some texts, and tokens such as `<uuid:1>` in a text, stand for anything.
struct Masked {
    var tokens: Set<String>
    /// Patterns in what is compared, and what stands for them in the recording.
    var replacements: [(pattern: String, text: String)] = []

    /// The first place where a value is not what was recorded, or nil.
    func difference(_ wanted: JSONValue, _ got: JSONValue, at place: String = "") -> String? {
        switch (wanted, got) {
        case (.string(let wanted), _) where tokens.contains(wanted): return nil
        case (.string(let wanted), .string(let got)):
            return matches(wanted, got) || matches(wanted, replaced(got))
                ? nil : "\(place)/: '\(got)' is not '\(wanted)'"
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
            guard Set(wanted.keys) == Set(got.keys) else { return "\(place)/: \(got.keys) is not \(wanted.keys)" }
            for (key, value) in wanted {
                if let found = difference(value, got[key] ?? .null, at: "\(place)/\(key)") { return found }
            }
            return nil
        default: return wanted == got ? nil : "\(place)/: \(got.text()) is not \(wanted.text())"
        }
    }

    private func replaced(_ text: String) -> String {
        replacements.reduce(text) { text, replacement in
            guard let pattern = try? Regex(replacement.pattern) else { return text }
            return text.replacing(pattern, with: replacement.text)
        }
    }

    /// Text between tokens must stand in the same order, with the first and the last piece at the ends.
    private func matches(_ wanted: String, _ got: String) -> Bool {
        guard wanted != got else { return true }
        if wanted.hasPrefix("{"), let wanted = try? JSONValue(parsing: wanted), let got = try? JSONValue(parsing: got) {
            return difference(wanted, got) == nil
        }
        // Express executions have ARNs of their own kind; these run as standard ones.
        let wanted = wanted.replacing(/:express:<[^>]+>:<[^>]+>:<[^>]+>/, with: ":execution:<x>")
        let pieces = wanted.replacing(/<[a-zA-Z_:0-9-]+>|s[nf][nf]_role_arn/, with: "\u{0}")
            .replacing("111111111111", with: "\u{0}").split(separator: "\u{0}", omittingEmptySubsequences: false)
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

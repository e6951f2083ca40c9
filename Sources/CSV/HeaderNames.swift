/// How header names appear in messages.
enum HeaderNames {
    /// `name` in quotes, cut to 64 characters, control characters as escapes.
    static func quoted(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars.prefix(64) { text += scalar.escaped(asASCII: false) }
        return "\"\(text)\(name.unicodeScalars.count > 64 ? "..." : "")\""
    }

    /// The first twenty names in quotes, and how many more there are.
    static func list(_ names: [String]) -> String {
        let shown = names.prefix(20).map(quoted).joined(separator: ", ")
        return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
    }
}

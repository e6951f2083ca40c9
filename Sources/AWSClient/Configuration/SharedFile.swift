/// One of AWS's shared files, `config` or `credentials`: sections of settings, settings of their own settings.
///
/// Format: AWS SDKs and Tools Reference Guide, "Shared config and credentials files". Sections are `[NAME]` in
/// `credentials`; `[default]`, `[profile NAME]` and `[services NAME]` in `config`. A setting without a value has its
/// own settings in the indented lines below it; they are found here as `s3.endpoint_url`. Names are in lower case.
package struct SharedFile: Sendable {
    /// Where it was read, for messages.
    package let path: String
    /// Settings by section; a section's name as it stands between the brackets, white space made one blank.
    package private(set) var sections: [String: [String: String]] = [:]

    /// An absent or empty file.
    package init(path: String) { self.path = path }

    package init(path: String, text: String) {
        self.path = path
        var section: String?
        var parent: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let isIndented = line.first == " " || line.first == "\t"
            let content = SharedFile.trimmed(line)
            if content.isEmpty || content.first == "#" || content.first == ";" { continue }
            if content.first == "[", let end = content.firstIndex(of: "]") {
                let name = content[content.index(after: content.startIndex)..<end]
                section = name.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
                parent = nil
                continue
            }
            guard let section, let equals = content.firstIndex(of: "=") else { continue }
            let name = SharedFile.trimmed(content[..<equals]).lowercased()
            let value = SharedFile.value(content[content.index(after: equals)...])
            if isIndented, let parent {
                sections[section, default: [:]]["\(parent).\(name)"] = value
            } else {
                sections[section, default: [:]][name] = value
                parent = value.isEmpty ? name : nil
            }
        }
    }

    /// Without blanks around it and without a comment, which begins with `#` or `;` after a blank.
    private static func value(_ text: Substring) -> String {
        var end = text.endIndex
        var previous: Character?
        for index in text.indices {
            if (text[index] == "#" || text[index] == ";"), previous == " " || previous == "\t" {
                end = index
                break
            }
            previous = text[index]
        }
        return String(trimmed(text[..<end]))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" || character == "\r" }
        guard let last = text.lastIndex(where: { !isBlank($0) }) else { return "" }
        return text[...last].drop(while: isBlank)
    }
}

import JSON

/// Which variables each state of a definition refers to: `variableReferences` of DescribeStateMachine.
///
/// Variables are `$name` in paths and expressions; `$`, `$.x`, `$[0]` and `$$` are input and context.
struct VariableReferences: Sendable, Hashable {
    /// By state; names in order, each once.
    private(set) var states: [(name: String, variables: [String])] = []

    static func == (left: VariableReferences, right: VariableReferences) -> Bool { left.json == right.json }
    func hash(into hasher: inout Hasher) { hasher.combine(json) }

    init(_ definition: [UInt8]) {
        guard let machine = try? JSONValue(parsing: definition) else { return }
        visit(machine, isExpression: machine["QueryLanguage"] == "JSONata")
    }

    /// Nil when no state refers to a variable.
    var json: JSONValue? {
        guard !states.isEmpty else { return nil }
        return .object(JSONObject(states.map { ($0.name, .array($0.variables.map(JSONValue.string))) }))
    }

    private mutating func visit(_ machine: JSONValue, isExpression: Bool) {
        for (name, state) in machine["States"]?.objectValue ?? [:] {
            let isExpression = state["QueryLanguage"]?.stringValue.map { $0 == "JSONata" } ?? isExpression
            var found: Set<String> = []
            for (key, value) in state.objectValue ?? [:] {
                switch key {
                case "Iterator", "ItemProcessor": visit(value, isExpression: isExpression)
                case "Branches": for branch in value.arrayValue ?? [] { visit(branch, isExpression: isExpression) }
                case "Comment", "Type", "Next", "Default", "Resource": break
                default: collect(value, key: key, isExpression: isExpression, &found)
                }
            }
            if !found.isEmpty { states.append((name, found.sorted())) }
        }
    }

    private func collect(_ value: JSONValue, key: String, isExpression: Bool, _ found: inout Set<String>) {
        switch value {
        case .string(let text):
            if isExpression {
                if text.hasPrefix("{%"), text.hasSuffix("%}") { names(in: text, quotes: "\"'`", &found) }
            } else if key.hasSuffix(".$") || key.hasSuffix("Path") || key == "Variable" {
                names(in: text, quotes: "'", &found)
            }
        case .array(let elements):
            for element in elements { collect(element, key: key, isExpression: isExpression, &found) }
        case .object(let members):
            for (key, value) in members { collect(value, key: key, isExpression: isExpression, &found) }
        default: break
        }
    }

    /// Names behind a `$` outside of quotes. In an expression, names that it binds itself and functions are none.
    private func names(in text: String, quotes: String, _ found: inout Set<String>) {
        var bound: Set<String> = ["states", "partition", "range", "hash", "random", "uuid", "parse"]
        var candidates: [String] = []
        let scalars = Array(text.unicodeScalars)
        var index = 0
        var quote: UnicodeScalar?
        var parameters = false
        func isName(_ scalar: UnicodeScalar) -> Bool { scalar.properties.isIDContinue || scalar == "_" }
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            if let open = quote {
                if scalar == "\\" { index += 1 } else if scalar == open { quote = nil }
                continue
            }
            if quotes.unicodeScalars.contains(scalar) { quote = scalar }
            if scalar == ")" { parameters = false }
            guard scalar == "$" else {
                let word = scalars[max(0, index - 8)..<index]
                if scalar == "n", word.elementsEqual("function".unicodeScalars) { parameters = true }
                continue
            }
            guard index >= 2 ? scalars[index - 2] != "$" : true else { continue }
            let start = index
            while index < scalars.count, isName(scalars[index]) { index += 1 }
            let name = String(String.UnicodeScalarView(scalars[start..<index]))
            var next = index
            while next < scalars.count, scalars[next] == " " { next += 1 }
            let follows = next < scalars.count ? scalars[next] : " "
            let isBinding = follows == ":" && next + 1 < scalars.count && scalars[next + 1] == "="
            if parameters || isBinding { bound.insert(name) }
            if !name.isEmpty, follows != "(" || quotes == "'" { candidates.append(name) }
        }
        found.formUnion(candidates.filter { !bound.contains($0) })
    }
}

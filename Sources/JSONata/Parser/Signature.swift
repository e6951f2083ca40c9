import JSON

/// The types of a function's parameters, such as `<s-(sf)n?:s>`, against which its arguments are checked.
struct Signature: Sendable {
    enum Quantity { case one, optional, several }

    struct Parameter: Sendable {
        /// Letters of the types it takes: `a`, `b`, `f`, `l` (null), `m` (missing), `n`, `o` and `s`.
        var symbols: Set<Character>
        var quantity = Quantity.one
        /// Takes the context when the argument is missing.
        var takesContext = false
        var isArray = false
        var subtype: String?
    }

    private(set) var parameters: [Parameter] = []

    /// Reads a signature; what follows the colon is not checked.
    ///
    /// - Throws: S0401 and S0402, with the offset as `index`.
    init(_ text: String) throws(JSONataError) {
        let letters = Array(text)
        var position = 1
        while position < letters.count, letters[position] != ":", letters[position] != ">" || position == 0 {
            let letter = letters[position]
            switch letter {
            case "s", "n", "b", "l", "o": append([letter, "m"])
            case "a": append(Set("asnblfom"), isArray: true)
            case "f": append(["f"])
            case "j": append(Set("asnblom"))
            case "x": append(Set("asnblfom"))
            case "-":
                change {
                    $0.takesContext = true; $0.quantity = .optional
                }
            case "?": change { $0.quantity = .optional }
            case "+": change { $0.quantity = .several }
            case "(":
                let end = Signature.closing(letters, position, "(", ")")
                let choice = letters[position + 1..<max(end, position + 1)]
                guard !choice.contains("<") else {
                    throw JSONataError("S0402", value: .string(String(choice)), index: position)
                }
                append(Set(choice).union(["m"]))
                position = end
            case "<":
                let end = Signature.closing(letters, position, "<", ">")
                guard let last = parameters.last, last.isArray || last.symbols == ["f"] else {
                    throw JSONataError(
                        "S0401", value: .string(parameters.last.map { String($0.symbols.sorted()) } ?? ""),
                        index: position)
                }
                change { $0.subtype = String(letters[position + 1..<max(end, position + 1)]) }
                position = end
            default: break
            }
            position += 1
        }
    }

    private mutating func append(_ symbols: Set<Character>, isArray: Bool = false) {
        parameters.append(Parameter(symbols: symbols, isArray: isArray))
    }

    private mutating func change(_ body: (inout Parameter) -> Void) {
        guard !parameters.isEmpty else { return }
        body(&parameters[parameters.count - 1])
    }

    private static func closing(_ letters: [Character], _ start: Int, _ open: Character, _ close: Character) -> Int {
        var depth = 1
        var position = start + 1
        while position < letters.count {
            if letters[position] == close { depth -= 1 }
            if letters[position] == open { depth += 1 }
            if depth == 0 { return position }
            position += 1
        }
        return letters.count - 1
    }
}

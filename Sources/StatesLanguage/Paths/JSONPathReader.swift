import JSON

/// Reads paths by recursive descent; the filters are in an extension.
struct JSONPathReader {
    /// Levels of parentheses in a filter at most.
    static let maximumDepth = 32

    private let text: String
    private let characters: [Character]
    var offset = 0
    var depth = 0

    init(_ text: String) {
        self.text = text
        characters = Array(text.prefix(JSONPath.maximumCharacterCount + 1))
    }

    func failure(_ detail: String) -> JSONPathError {
        JSONPathError(description: "'\(text.prefix(200))' is no JSONPath: \(detail) (character \(offset + 1))")
    }

    var next: Character? { offset < characters.count ? characters[offset] : nil }

    mutating func take(_ character: Character) -> Bool {
        guard next == character else { return false }
        offset += 1
        return true
    }

    mutating func take(_ word: String) -> Bool {
        let wanted = Array(word)
        guard characters[offset...].starts(with: wanted) else { return false }
        offset += wanted.count
        return true
    }

    mutating func skipBlanks() { while next == " " { offset += 1 } }

    mutating func readWhole() throws(JSONPathError) -> JSONPath {
        guard characters.count <= JSONPath.maximumCharacterCount else { throw failure("it is too long") }
        guard next == "$" else { throw failure("it must begin with '$'") }
        let path = try path()
        guard next == nil else { throw failure("'.' or '[' should follow") }
        return path
    }

    /// A path from `$`, `$$`, `$name` or `@` on, as far as it goes.
    mutating func path() throws(JSONPathError) -> JSONPath {
        let start = offset
        let root: JSONPath.Root
        if take("@") {
            root = .current
        } else {
            offset += 1
            if take("$") {
                root = .context
            } else if let first = next, first.isLetter || first == "_" {
                root = .variable(variableName())
            } else {
                root = .input
            }
        }
        var steps: [JSONPath.Step] = []
        while let character = next, character == "." || character == "[" {
            if take(".") {
                if take(".") {
                    steps.append(.descend)
                    if next == "[" { continue }
                }
                if take("*") {
                    steps.append(.wildcard)
                    continue
                }
                let name = try name()
                steps.append(next == "(" ? try function(name) : .member(name))
            } else {
                offset += 1
                steps.append(try bracket())
            }
        }
        guard steps.count <= JSONPath.maximumStepCount else {
            throw failure("it has more than \(JSONPath.maximumStepCount) steps")
        }
        return JSONPath(text: String(characters[start..<offset]), root: root, steps: steps)
    }

    private mutating func variableName() -> String {
        var name = ""
        while let character = next, character.isLetter || character.isNumber || character == "_" {
            name.append(character)
            offset += 1
        }
        return name
    }

    private mutating func name() throws(JSONPathError) -> String {
        var name = ""
        // In a filter a name ends at an operator, too.
        let ends = depth > 0 ? ".[]()*?@,'\" =!<>&|" : ".[]()*?@,'\" "
        while let character = next, !ends.contains(character) {
            name.append(character)
            offset += 1
        }
        guard !name.isEmpty else { throw failure("a name is missing") }
        return name
    }

    private mutating func function(_ name: String) throws(JSONPathError) -> JSONPath.Step {
        guard let function = JSONPathFunction(rawValue: name) else { throw failure("there is no function \(name)()") }
        offset += 1
        var operands: [JSONPathOperand] = []
        skipBlanks()
        while next != ")" {
            operands.append(try operand())
            skipBlanks()
            guard take(",") else { break }
            skipBlanks()
        }
        guard take(")") else { throw failure("')' is missing") }
        return .function(function, operands)
    }

    private mutating func bracket() throws(JSONPathError) -> JSONPath.Step {
        skipBlanks()
        if take("*") {
            try close()
            return .wildcard
        }
        if take("?") {
            skipBlanks()
            guard take("(") else { throw failure("'(' should follow the '?' of a filter") }
            let filter = try nestedFilter()
            guard take(")") else { throw failure("')' is missing") }
            try close()
            return .filter(filter)
        }
        if next == "'" || next == "\"" {
            var names = [try quoted()]
            skipBlanks()
            while take(",") {
                skipBlanks()
                names.append(try quoted())
                skipBlanks()
            }
            try close()
            return names.count == 1 ? .member(names[0]) : .members(names)
        }
        let first = integer()
        skipBlanks()
        if take(":") {
            skipBlanks()
            let second = integer()
            try close()
            return .slice(first, second)
        }
        guard let first else {
            throw failure("an index, a name in quotes, '*' or a filter should stand in the brackets")
        }
        var indices = [first]
        while take(",") {
            skipBlanks()
            guard let index = integer() else { throw failure("an index is missing") }
            indices.append(index)
            skipBlanks()
        }
        try close()
        return indices.count == 1 ? .index(first) : .indices(indices)
    }

    private mutating func close() throws(JSONPathError) {
        skipBlanks()
        guard take("]") else { throw failure("']' is missing") }
    }

    private mutating func integer() -> Int? {
        let start = offset
        if next == "-" { offset += 1 }
        while let character = next, character.isASCII, character.isNumber { offset += 1 }
        guard let value = Int(String(characters[start..<offset])) else {
            offset = start
            return nil
        }
        return value
    }

    /// The digits, signs and letters of a number, as they stand.
    mutating func numberSpelling() -> String {
        var spelling = ""
        while let character = next, character.isASCII, character.isNumber || "+-.eE".contains(character) {
            spelling.append(character)
            offset += 1
        }
        return spelling
    }

    mutating func quoted() throws(JSONPathError) -> String {
        guard let quote = next, quote == "'" || quote == "\"" else { throw failure("a name in quotes is missing") }
        offset += 1
        var name = ""
        while let character = next {
            offset += 1
            if character == quote { return name }
            if character == "\\", let escaped = next {
                offset += 1
                name.append(escaped)
            } else {
                name.append(character)
            }
        }
        throw failure("the quote is never closed")
    }

    /// What stands between two slashes, with the letters after the second.
    mutating func pattern() throws(JSONPathError) -> (pattern: String, flags: String) {
        offset += 1
        var pattern = ""
        while let character = next, character != "/" {
            offset += 1
            pattern.append(character)
            if character == "\\", let escaped = next {
                offset += 1
                pattern.append(escaped)
            }
        }
        guard take("/") else { throw failure("the pattern is never closed") }
        var flags = ""
        while let character = next, character.isASCII, character.isLetter {
            flags.append(character)
            offset += 1
        }
        return (pattern, flags)
    }
}

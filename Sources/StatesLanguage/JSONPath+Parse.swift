/// Why a text is no path.
package struct JSONPathError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

extension JSONPath {
    /// Characters of a path at most.
    static let maximumCharacterCount = 4_096

    /// Reads a path: `$.a.b`, `$['a b'][0]`, `$..x`, `$$.Execution.Id`.
    ///
    /// - Throws: ``JSONPathError`` that says what was found, at which character.
    package init(_ text: String) throws(JSONPathError) {
        var reader = PathReader(text)
        (root, steps) = try reader.read()
        self.text = text
    }
}

private struct PathReader {
    private let text: String
    private let characters: [Character]
    private var offset = 0

    init(_ text: String) {
        self.text = text
        characters = Array(text.prefix(JSONPath.maximumCharacterCount + 1))
    }

    private func failure(_ detail: String) -> JSONPathError {
        JSONPathError(description: "'\(text.prefix(200))' is no JSONPath: \(detail) (character \(offset + 1))")
    }

    private var next: Character? { offset < characters.count ? characters[offset] : nil }

    private mutating func take(_ character: Character) -> Bool {
        guard next == character else { return false }
        offset += 1
        return true
    }

    mutating func read() throws(JSONPathError) -> (JSONPath.Root, [JSONPath.Step]) {
        guard characters.count <= JSONPath.maximumCharacterCount else { throw failure("it is too long") }
        guard take("$") else { throw failure("it must begin with '$'") }
        let root: JSONPath.Root = take("$") ? .context : .input
        var steps: [JSONPath.Step] = []
        while next != nil {
            if take(".") {
                if take(".") {
                    steps.append(.descend)
                    if next == "[" { continue }
                }
                steps.append(take("*") ? .wildcard : .member(try name()))
            } else if take("[") {
                steps.append(try bracket())
            } else {
                throw failure("'.' or '[' should follow")
            }
        }
        return (root, steps)
    }

    private mutating func name() throws(JSONPathError) -> String {
        var name = ""
        while let character = next, !".[]()*?@,:'\" ".contains(character) {
            name.append(character)
            offset += 1
        }
        guard !name.isEmpty else { throw failure("a name is missing") }
        if next == "(" { throw failure("the function \(name)() is not supported yet") }
        return name
    }

    private mutating func bracket() throws(JSONPathError) -> JSONPath.Step {
        if take("*") {
            try close()
            return .wildcard
        }
        if next == "?" || next == "(" { throw failure("filters '[?(...)]' are not supported yet") }
        if next == "'" || next == "\"" {
            var names = [try quoted()]
            while take(",") {
                skipBlanks()
                names.append(try quoted())
            }
            try close()
            return names.count == 1 ? .member(names[0]) : .members(names)
        }
        let first = integer()
        if next == ":" {
            offset += 1
            let second = integer()
            let third = take(":") ? integer() : nil
            try close()
            return .slice(first, second, third)
        }
        guard let first else { throw failure("an index, a name in quotes or '*' should stand in the brackets") }
        var indices = [first]
        while take(",") {
            skipBlanks()
            guard let index = integer() else { throw failure("an index is missing") }
            indices.append(index)
        }
        try close()
        return indices.count == 1 ? .index(first) : .indices(indices)
    }

    private mutating func skipBlanks() { while take(" ") {} }

    private mutating func close() throws(JSONPathError) {
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

    private mutating func quoted() throws(JSONPathError) -> String {
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
}

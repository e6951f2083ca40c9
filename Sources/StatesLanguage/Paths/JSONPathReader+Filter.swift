import JSON
import RegularExpressions

extension JSONPathReader {
    /// A filter inside parentheses that have been opened.
    mutating func nestedFilter() throws(JSONPathError) -> JSONPathFilter {
        guard depth < JSONPathReader.maximumDepth else { throw failure("parentheses are nested too deep") }
        depth += 1
        let filter = try disjunction()
        depth -= 1
        return filter
    }

    private mutating func disjunction() throws(JSONPathError) -> JSONPathFilter {
        var filters = [try conjunction()]
        while take("||") { filters.append(try conjunction()) }
        return filters.count == 1 ? filters[0] : .any(filters)
    }

    private mutating func conjunction() throws(JSONPathError) -> JSONPathFilter {
        var filters = [try negation()]
        while take("&&") { filters.append(try negation()) }
        return filters.count == 1 ? filters[0] : .all(filters)
    }

    private mutating func negation() throws(JSONPathError) -> JSONPathFilter {
        skipBlanks()
        if take("!") {
            guard depth < JSONPathReader.maximumDepth else { throw failure("negations are nested too deep") }
            depth += 1
            let filter = try negation()
            depth -= 1
            return .not(filter)
        }
        let filter: JSONPathFilter
        if take("(") {
            filter = try nestedFilter()
            guard take(")") else { throw failure("')' is missing") }
        } else {
            filter = try comparison()
        }
        skipBlanks()
        return filter
    }

    private mutating func comparison() throws(JSONPathError) -> JSONPathFilter {
        let left = try operand()
        skipBlanks()
        guard let relation = JSONPathOperator.allCases.first(where: { take($0) }) else {
            guard case .path(let path) = left else { throw failure("a comparison should follow") }
            return .exists(path)
        }
        skipBlanks()
        return .compare(left, relation, try operand())
    }

    private mutating func take(_ relation: JSONPathOperator) -> Bool {
        let start = offset
        guard take(relation.rawValue) else { return false }
        if relation.rawValue.first?.isLetter == true, let after = next, after.isLetter {
            offset = start
            return false
        }
        return true
    }

    /// A path, a number, a text in quotes, a word, a list or a pattern.
    mutating func operand() throws(JSONPathError) -> JSONPathOperand {
        skipBlanks()
        switch next {
        case "@", "$": return .path(try path())
        case "'", "\"": return .literal(.string(try quoted()))
        case "[": return .literal(try list())
        case "/":
            let (pattern, flags) = try pattern()
            if let flag = flags.first(where: { !"imudUs".contains($0) }) {
                throw failure("'\(flag)' is no flag of a pattern")
            }
            do {
                return .pattern(
                    try RegularExpression(
                        flags.contains("s") ? "(?s)" + pattern : pattern, ignoresCase: flags.contains("i"),
                        isMultiline: flags.contains("m")))
            } catch {
                throw failure("the pattern is wrong: \(error)")
            }
        default:
            for (word, value) in [("true", JSONValue.bool(true)), ("false", .bool(false)), ("null", .null)]
            where take(word) { return .literal(value) }
            let spelling = numberSpelling()
            guard let number = JSONNumber(spelling: spelling) else {
                throw failure("a path, a number, a text in quotes, true, false, null or a list should stand here")
            }
            return .literal(.number(number))
        }
    }

    private mutating func list() throws(JSONPathError) -> JSONValue {
        offset += 1
        guard depth < JSONPathReader.maximumDepth else { throw failure("lists are nested too deep") }
        depth += 1
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        skipBlanks()
        while next != "]" {
            guard case .literal(let value) = try operand() else { throw failure("a list holds values only") }
            elements.append(value)
            skipBlanks()
            guard take(",") else { break }
            skipBlanks()
        }
        guard take("]") else { throw failure("']' is missing") }
        return .array(elements)
    }
}

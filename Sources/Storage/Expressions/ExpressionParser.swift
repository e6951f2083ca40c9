/// Reads one expression from its words.
///
/// Errors come as DynamoDB orders them: what is no expression at all at once, everything else when the whole has been read,
/// the gravest kind first (``Problem``).
struct ExpressionParser {
    let kind: ExpressionKind
    private let bytes: [UInt8]
    private let tokens: [ExpressionToken]
    private var place = 0
    var bindings: ExpressionBindings
    private var problems: [Problem: String] = [:]
    private var operatorCount = 0
    private var depth = 0

    /// What an expression that can be read may be refused for, in the order in which DynamoDB looks.
    enum Problem: Sendable, Hashable, CaseIterable {
        case parentheses, function, misuse, reserved, section, name, value, overlap, conflict, operand, distinct, type
        /// The first of a condition's parts that has a problem of its own, of the kinds from ``name`` on.
        case part
    }

    init(_ text: String, _ kind: ExpressionKind, _ bindings: ExpressionBindings) throws(ExpressionError) {
        self.kind = kind
        self.bindings = bindings
        bytes = Array(text.utf8)
        guard bytes.count <= ExpressionLimits.byteCount else {
            throw kind.error(
                "Expression size has exceeded the maximum allowed size; expression size: \(bytes.count)")
        }
        tokens = ExpressionToken.tokens(of: bytes)
        guard tokens.count > 1 else { throw kind.error("The expression can not be empty;") }
    }

    // MARK: Words

    var token: ExpressionToken { tokens[place] }

    /// The word after the one that is read next.
    var following: ExpressionToken { tokens[min(place + 1, tokens.count - 1)] }

    mutating func advance() { if place < tokens.count - 1 { place += 1 } }

    func isAt(symbol: String) -> Bool { token.kind == .symbol && token.text == symbol }

    func isAt(keyword: String) -> Bool { token.kind == .name && token.text.uppercased() == keyword }

    mutating func take(symbol: String) -> Bool {
        guard isAt(symbol: symbol) else { return false }
        advance()
        return true
    }

    mutating func take(keyword: String) -> Bool {
        guard isAt(keyword: keyword) else { return false }
        advance()
        return true
    }

    mutating func expect(symbol: String) throws(ExpressionError) {
        guard take(symbol: symbol) else { throw syntaxError }
    }

    /// That the word to be read next can't stand where it stands; shown with its neighbours.
    var syntaxError: ExpressionError {
        let start = place > 0 ? tokens[place - 1].range.lowerBound : token.range.lowerBound
        let end = token.kind == .end ? tokens[max(place - 1, 0)].range.upperBound : nearEnd
        return kind.error(
            "Syntax error; token: \"\(token.text)\", near: \"\(String(decoding: bytes[start..<end], as: UTF8.self))\"")
    }

    private var nearEnd: Int { following.kind == .end ? token.range.upperBound : following.range.upperBound }

    // MARK: Bounds

    /// Counts an operator or function.
    mutating func countOperator() throws(ExpressionError) {
        operatorCount += 1
        guard operatorCount <= ExpressionLimits.operatorCount else {
            throw kind.error(
                "The expression contains too many operators and functions; maximum: \(ExpressionLimits.operatorCount)")
        }
    }

    /// Reads something one level further down.
    mutating func nested<Result>(
        _ read: (inout ExpressionParser) throws(ExpressionError) -> Result
    ) throws(ExpressionError) -> Result {
        guard depth < ExpressionLimits.depth else {
            throw kind.error("The expression is nested too deeply; maximum: \(ExpressionLimits.depth)")
        }
        depth += 1
        let result = try read(&self)
        depth -= 1
        return result
    }

    // MARK: Problems

    mutating func note(_ problem: Problem, _ message: String) {
        if problems[problem] == nil { problems[problem] = message }
    }

    /// Ends a part of a condition: what was found in it counts as one problem, and only the first part's does.
    mutating func endPart() {
        for problem in [Problem.name, .value, .operand, .distinct, .type] {
            guard let message = problems.removeValue(forKey: problem) else { continue }
            note(.part, message)
        }
    }

    /// Throws unless all words were read and nothing was found.
    func finish() throws(ExpressionError) {
        guard token.kind == .end else { throw syntaxError }
        if kind == .update, let message = problems[.reserved] { throw kind.error(message) }
        for problem in Problem.allCases { if let message = problems[problem] { throw kind.error(message) } }
    }

    // MARK: Paths and values

    private static let updateKeywords: Set<String> = ["SET", "REMOVE", "ADD", "DELETE"]
    private static let conditionKeywords: Set<String> = ["BETWEEN", "IN", "AND", "OR", "NOT"]

    private var isAtName: Bool {
        switch token.kind {
        case .namePlaceholder: true
        case .name:
            switch kind {
            case .update: !Self.updateKeywords.contains(token.text.uppercased())
            case .projection: true
            default: !Self.conditionKeywords.contains(token.text.uppercased())
            }
        default: false
        }
    }

    /// Whether a function's call is next.
    var isAtCall: Bool {
        token.kind == .name && isAtName && following.kind == .symbol && following.text == "("
    }

    mutating func path() throws(ExpressionError) -> DocumentPath {
        var elements: [DocumentPath.Element] = [.name(try name())]
        while true {
            if take(symbol: ".") {
                elements.append(.name(try name()))
            } else if take(symbol: "[") {
                guard token.kind == .number else { throw syntaxError }
                elements.append(.index(index(token.text)))
                advance()
                try expect(symbol: "]")
            } else {
                break
            }
        }
        if elements.count > ExpressionLimits.pathElementCount {
            note(.type, "The document path has too many nesting elements; nesting levels: \(elements.count)")
        }
        return DocumentPath(elements)
    }

    private mutating func index(_ text: String) -> Int {
        if let index = Int(text), index <= Int(Int32.max) { return index }
        note(.type, "List index is not within the allowable range; index: [\(text)]")
        return 0
    }

    private mutating func name() throws(ExpressionError) -> String {
        guard isAtName else { throw syntaxError }
        let text = token.text
        if token.kind == .namePlaceholder {
            advance()
            if let name = bindings.name(text) { return name }
            note(
                .name, "An expression attribute name used in the document path is not defined; attribute name: \(text)")
            return text
        }
        if ReservedWords.contains(text) {
            note(.reserved, "Attribute name is a reserved keyword; reserved keyword: \(text)")
        }
        advance()
        return text
    }

    /// The value of a placeholder; nil, and a problem, when there is none of this name.
    mutating func placeholderValue() throws(ExpressionError) -> AttributeValue? {
        guard token.kind == .valuePlaceholder else { throw syntaxError }
        let text = token.text
        advance()
        if let value = bindings.value(text) { return value }
        note(
            .value, "An expression attribute value used in expression is not defined; attribute value: \(text)")
        return nil
    }

    /// Looks for two paths of which one is in the other, or that take one value for a list and a map.
    mutating func checkDisjoint(_ paths: [DocumentPath]) {
        // Sorted, a path stands right before those within it, and the first that differ in kind stand side by side.
        let order = Dictionary(zip(paths, paths.indices)) { first, _ in first }
        func text(_ left: DocumentPath, _ right: DocumentPath) -> String {
            let isInOrder = (order[left] ?? 0) <= (order[right] ?? 0)
            return "must remove or rewrite one of these paths; path one: \(isInOrder ? left : right), "
                + "path two: \(isInOrder ? right : left)"
        }
        let sorted = paths.sorted()
        for (left, right) in zip(sorted, sorted.dropFirst()) {
            let common = zip(left.elements, right.elements).prefix { $0 == $1 }.count
            if common == left.elements.count {
                note(.overlap, "Two document paths overlap with each other; " + text(left, right))
            } else {
                switch (left.elements[common], right.elements[common]) {
                case (.name, .index), (.index, .name):
                    note(.conflict, "Two document paths conflict with each other; " + text(left, right))
                default: break
                }
            }
        }
    }
}

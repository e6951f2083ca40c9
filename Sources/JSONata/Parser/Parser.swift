import JSON

/// Reads an expression by precedence climbing (Pratt, "Top Down Operator Precedence", 1973).
final class Parser {
    private var tokenizer: Tokenizer
    private var token = Token(kind: .end, position: 0)
    private let limits: JSONataLimits
    private let stack = StackGuard()
    private var nesting = 0
    private(set) var symbols: SymbolTable

    init(_ text: String, symbols: SymbolTable, limits: JSONataLimits) {
        tokenizer = Tokenizer(text)
        self.symbols = symbols
        self.limits = limits
    }

    /// Parses the whole text.
    func parse() throws(JSONataError) -> Node {
        try advance()
        let tree = try expression(0)
        guard case .end = token.kind else { throw JSONataError("S0201", position: token.position, token: token.text) }
        let processor = TreeProcessor(symbols: symbols)
        let result = try stack.onLargeStack(if: tree.depth > Parser.ownStackDepth) { () throws(JSONataError) -> Node in
            try processor.processTop(tree)
        }
        symbols = processor.symbols
        return result
    }

    /// Levels of a tree that may be walked on the caller's stack.
    private static let ownStackDepth = 40

    // MARK: Tokens

    private func advance(isInfix: Bool = false) throws(JSONataError) { token = try tokenizer.next(isInfix: isInfix) }

    private func advance(over id: String, isInfix: Bool = false) throws(JSONataError) {
        guard token.isSymbol(id) else {
            if case .end = token.kind {
                throw JSONataError("S0203", position: token.position, token: token.text, value: .string(id))
            }
            throw JSONataError("S0202", position: token.position, token: token.text, value: .string(id))
        }
        try advance(isInfix: isInfix)
    }

    private func makeNode(_ kind: Node.Kind, _ position: Int, _ children: Node?...) throws(JSONataError) -> Node {
        try makeNode(kind, position, list: children)
    }

    private func makeNode(
        _ kind: Node.Kind, _ position: Int, list children: [Node?]
    ) throws(JSONataError) -> Node {
        var depth = 0
        for child in children { depth = max(depth, child?.depth ?? 0) }
        guard depth < limits.expressionDepth else { throw tooDeep() }
        return Node(kind, position: position, depth: depth + 1)
    }

    private func tooDeep() -> JSONataError {
        JSONataError("U1007", position: token.position, value: .int(limits.expressionDepth))
    }

    // MARK: Expressions

    /// How tightly an infix token binds to what stands on its left; 0 for all others.
    private static func power(_ token: Token) -> Int {
        guard case .symbol(let text) = token.kind else { return 0 }
        switch text {
        case "[", "(", "@", "#": return 80
        case ".": return 75
        case "{": return 70
        case "*", "/", "%": return 60
        case "+", "-", "&": return 50
        case "=", "<", ">", "^", "!=", "<=", ">=", "~>", "?:", "??", "in": return 40
        case "and": return 30
        case "or": return 25
        case "?": return 20
        case ":=": return 10
        default: return 0
        }
    }

    private func expression(_ power: Int) throws(JSONataError) -> Node {
        guard nesting < limits.expressionDepth else { throw tooDeep() }
        nesting += 1
        defer { nesting -= 1 }
        return try stack.withRoom { () throws(JSONataError) -> Node in try self.climb(power) }
    }

    private func climb(_ power: Int) throws(JSONataError) -> Node {
        let first = token
        try advance(isInfix: true)
        var left = try prefix(first)
        while power < Parser.power(token) {
            let infix = token
            try advance()
            left = try self.infix(infix, left)
        }
        return left
    }

    private func prefix(_ token: Token) throws(JSONataError) -> Node {
        let position = token.position
        switch token.kind {
        case .end: return Node(.end, position: position)
        case .name(let name): return Node(.name(name), position: position)
        case .variable(let name): return Node(.variable(symbols.symbol(name)), position: position)
        case .string(let text): return Node(.literal(.string(text)), position: position)
        case .number(let value): return Node(.literal(.number(value)), position: position)
        case .bool(let value): return Node(.literal(.bool(value)), position: position)
        case .null: return Node(.literal(.null), position: position)
        case .regex(let expression): return Node(.regex(expression), position: position)
        case .symbol(let text): return try prefix(symbol: text, position)
        }
    }

    private func prefix(symbol: String, _ position: Int) throws(JSONataError) -> Node {
        switch symbol {
        case "and", "or", "in": return Node(.keyword(symbol), position: position)
        case "*": return Node(.wildcard, position: position)
        case "**": return Node(.descendants, position: position)
        case "%": return Node(.parent(AncestorSlot(label: 0)), position: position)
        case "-":
            let operand = try expression(70)
            return try makeNode(.negation(operand), position, operand)
        case "(": return try block(position)
        case "[": return try arrayConstructor(position)
        case "{":
            let pairs = try objectPairs()
            return try makeNode(.objectLiteral(pairs), position, list: pairs.flatMap { [$0.0, $0.1] })
        case "|": return try transform(position)
        default: throw JSONataError("S0211", position: position, token: symbol)
        }
    }

    private func infix(_ token: Token, _ left: Node) throws(JSONataError) -> Node {
        guard case .symbol(let symbol) = token.kind else {
            throw JSONataError("S0204", position: token.position, token: token.text)
        }
        let position = token.position
        switch symbol {
        case ".":
            let right = try expression(75)
            return try makeNode(.dot(left, right), position, left, right)
        case "(": return try call(left, position)
        case "[": return try predicate(left, position)
        case "{":
            let pairs = try objectPairs()
            return try makeNode(.grouped(left, pairs), position, list: [left] + pairs.flatMap { [$0.0, $0.1] })
        case "^": return try ordering(left, position)
        case "@", "#":
            let right = try expression(80)
            guard case .variable = right.kind else {
                throw JSONataError("S0214", position: right.position, token: symbol)
            }
            return try makeNode(symbol == "@" ? .focused(left, right) : .indexed(left, right), position, left, right)
        case ":=":
            guard case .variable(let variable) = left.kind else {
                throw JSONataError("S0212", position: left.position, token: text(of: left))
            }
            let value = try expression(9)
            return try makeNode(.binding(variable, value), position, value)
        case "~>":
            let right = try expression(40)
            return try makeNode(.application(left, right), position, left, right)
        case "?:", "??":
            let right = try expression(0)
            return try makeNode(
                symbol == "?:" ? .fallback(left, right) : .coalescing(left, right), position, left, right)
        case "?": return try condition(left, position)
        default:
            guard let binary = BinaryOperator(rawValue: symbol) else {
                throw JSONataError("S0204", position: position, token: symbol)
            }
            let right = try expression(Parser.power(token))
            return try makeNode(.binary(binary, left, right), position, left, right)
        }
    }

    /// What an error calls a node that stands where a variable should.
    private func text(of node: Node) -> String? {
        switch node.kind {
        case .literal(let value): value.jsonText()
        case .name(let name): name
        case .binary(let symbol, _, _): symbol.rawValue
        case .call, .block: "("
        case .dot: "."
        case .filter, .array: "["
        case .objectLiteral: "{"
        case .wildcard: "*"
        case .descendants: "**"
        case .parent: "%"
        default: nil
        }
    }

    // MARK: Constructs

    private func condition(_ left: Node, _ position: Int) throws(JSONataError) -> Node {
        let then = try expression(0)
        var otherwise: Node?
        if token.isSymbol(":") {
            try advance()
            otherwise = try expression(0)
        }
        return try makeNode(.condition(left, then, otherwise), position, left, then, otherwise)
    }

    private func block(_ position: Int) throws(JSONataError) -> Node {
        var expressions: [Node] = []
        while !token.isSymbol(")") {
            expressions.append(try expression(0))
            guard token.isSymbol(";") else { break }
            try advance()
        }
        try advance(over: ")", isInfix: true)
        return try makeNode(.block(expressions), position, list: expressions)
    }

    private func arrayConstructor(_ position: Int) throws(JSONataError) -> Node {
        var items: [Node] = []
        if !token.isSymbol("]") {
            while true {
                var item = try expression(0)
                if token.isSymbol("..") {
                    let place = token.position
                    try advance()
                    let upper = try expression(0)
                    item = try makeNode(.binary(.range, item, upper), place, item, upper)
                }
                items.append(item)
                guard token.isSymbol(",") else { break }
                try advance()
            }
        }
        try advance(over: "]", isInfix: true)
        return try makeNode(.array(items), position, list: items)
    }

    private func objectPairs() throws(JSONataError) -> [(Node, Node)] {
        var pairs: [(Node, Node)] = []
        if !token.isSymbol("}") {
            while true {
                let key = try expression(0)
                try advance(over: ":")
                pairs.append((key, try expression(0)))
                guard token.isSymbol(",") else { break }
                try advance()
            }
        }
        try advance(over: "}", isInfix: true)
        return pairs
    }

    private func transform(_ position: Int) throws(JSONataError) -> Node {
        let pattern = try expression(0)
        try advance(over: "|")
        let update = try expression(0)
        var deletion: Node?
        if token.isSymbol(",") {
            try advance()
            deletion = try expression(0)
        }
        try advance(over: "|", isInfix: true)
        return try makeNode(
            .transform(pattern: pattern, update: update, delete: deletion), position, pattern, update, deletion)
    }

    private func predicate(_ left: Node, _ position: Int) throws(JSONataError) -> Node {
        if token.isSymbol("]") {
            var step = left
            while case .filter(let inner, _) = step.kind { step = inner }
            step.keepsArray = true
            try advance(isInfix: true)
            return left
        }
        let test = try expression(0)
        try advance(over: "]", isInfix: true)
        return try makeNode(.filter(left, test), position, left, test)
    }

    private func ordering(_ left: Node, _ position: Int) throws(JSONataError) -> Node {
        try advance(over: "(")
        var terms: [SortTerm] = []
        while true {
            let isDescending = token.isSymbol(">")
            if isDescending || token.isSymbol("<") { try advance() }
            terms.append(SortTerm(expression: try expression(0), isDescending: isDescending))
            guard token.isSymbol(",") else { break }
            try advance()
        }
        try advance(over: ")", isInfix: true)
        return try makeNode(.ordered(left, terms), position, list: [left] + terms.map(\.expression))
    }

    private func call(_ procedure: Node, _ position: Int) throws(JSONataError) -> Node {
        var arguments: [Node?] = []
        if !token.isSymbol(")") {
            while true {
                if token.isSymbol("?") {
                    arguments.append(nil)
                    try advance()
                } else {
                    arguments.append(try expression(0))
                }
                guard token.isSymbol(",") else { break }
                try advance()
            }
        }
        try advance(over: ")", isInfix: true)
        if case .name(let name) = procedure.kind, name == "function" || name == "λ" {
            return try lambda(arguments, position)
        }
        guard arguments.contains(where: { $0 == nil }) else {
            let complete = arguments.compactMap(\.self)
            return try makeNode(.call(procedure, complete), position, list: [procedure] + complete)
        }
        return try makeNode(.partial(procedure, arguments), position, list: [procedure] + arguments)
    }

    private func lambda(_ arguments: [Node?], _ position: Int) throws(JSONataError) -> Node {
        var parameters: [SymbolTable.Symbol] = []
        for (index, argument) in arguments.enumerated() {
            guard case .variable(let symbol)? = argument?.kind else {
                throw JSONataError(
                    "S0208", position: argument?.position ?? position, token: argument.flatMap(text) ?? "?",
                    value: .int(index + 1))
            }
            parameters.append(symbol)
        }
        var signature: Signature?
        if token.isSymbol("<") { signature = try scanSignature() }
        try advance(over: "{")
        let body = try expression(0)
        try advance(over: "}", isInfix: true)
        let definition = LambdaDefinition(parameters: parameters, signature: signature, body: body)
        return try makeNode(.lambda(definition), position, body)
    }

    private func scanSignature() throws(JSONataError) -> Signature {
        let start = token.position
        var depth = 1
        var text = "<"
        while depth > 0, !token.isSymbol("{") {
            if case .end = token.kind { break }
            try advance()
            if token.isSymbol(">") { depth -= 1 }
            if token.isSymbol("<") { depth += 1 }
            text += token.text
        }
        try advance(over: ">")
        do {
            return try Signature(text)
        } catch {
            throw error.placed(at: start + (error.index ?? 0))
        }
    }
}

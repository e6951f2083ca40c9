import JSON

extension ExpressionBindings {
    /// Reads a ConditionExpression, FilterExpression or KeyConditionExpression.
    package mutating func condition(
        _ text: String, _ kind: ExpressionKind = .condition
    ) throws(ExpressionError) -> ConditionExpression {
        var parser = try ExpressionParser(text, kind, self)
        let condition = try parser.condition()
        try parser.finish()
        self = parser.bindings
        return condition
    }
}

extension ExpressionParser {
    private typealias Condition = ConditionExpression

    /// What has been read where both a condition and an operand may stand: which of them it is, parentheses don't tell.
    private struct Node {
        var condition: ConditionExpression?
        var operand: ConditionExpression.Operand?
        /// The function, when it is a call.
        var function: String?
        var isInParentheses = false
    }

    fileprivate mutating func condition() throws(ExpressionError) -> ConditionExpression {
        let node = try disjunction()
        guard token.kind == .end else { throw syntaxError }
        return try condition(node)
    }

    // MARK: AND, OR, NOT

    private mutating func disjunction() throws(ExpressionError) -> Node {
        let first = try conjunction()
        guard isAt(keyword: "OR") else { return first }
        var conditions = [try condition(first)]
        while take(keyword: "OR") {
            try countOperator()
            conditions.append(try condition(try conjunction()))
        }
        return Node(condition: .or(conditions))
    }

    private mutating func conjunction() throws(ExpressionError) -> Node {
        let first = try negation()
        guard isAt(keyword: "AND") else { return first }
        var conditions = [try condition(first)]
        while take(keyword: "AND") {
            try countOperator()
            conditions.append(try condition(try negation()))
        }
        return Node(condition: .and(conditions))
    }

    private mutating func negation() throws(ExpressionError) -> Node {
        guard take(keyword: "NOT") else { return try comparison() }
        try countOperator()
        let node = try nested { (parser) throws(ExpressionError) in try parser.negation() }
        return Node(condition: .not(try condition(node)))
    }

    /// What was read, where only a condition may stand.
    private mutating func condition(_ node: Node) throws(ExpressionError) -> ConditionExpression {
        if let condition = node.condition { return condition }
        guard let function = node.function else { throw syntaxError }
        noteMisuse(function)
        return .or([])
    }

    private mutating func noteMisuse(_ function: String) {
        note(.misuse, "The function is not allowed to be used this way in an expression; function: \(function)")
    }

    // MARK: Comparisons

    private mutating func comparison() throws(ExpressionError) -> Node {
        let left = try primary()
        if token.kind == .symbol, let comparator = Condition.Comparator(rawValue: token.text) {
            let left = try operand(left)
            advance()
            try countOperator()
            let right = try operand()
            checkDistinct(comparator.rawValue, left, right)
            if comparator != .equal, comparator != .notEqual { checkOrdered(comparator.rawValue, [left, right]) }
            endPart()
            return Node(condition: .compare(left, comparator, right))
        }
        if isAt(keyword: "BETWEEN") {
            let left = try operand(left)
            advance()
            try countOperator()
            let low = try operand()
            guard take(keyword: "AND") else { throw syntaxError }
            let high = try operand()
            checkOrdered("BETWEEN", [left, low, high])
            checkBounds(low, high)
            endPart()
            return Node(condition: .between(left, low, high))
        }
        if isAt(keyword: "IN") {
            let left = try operand(left)
            advance()
            try countOperator()
            try expect(symbol: "(")
            let others = try operands()
            if others.count > ExpressionLimits.operandCount {
                note(
                    .operand,
                    "The IN operator is provided with too many operands; number of operands: \(others.count)")
            }
            endPart()
            return Node(condition: .isOne(left, of: others))
        }
        if left.condition != nil { endPart() }
        return left
    }

    /// What was read, where only an operand may stand.
    private mutating func operand(_ node: Node) throws(ExpressionError) -> ConditionExpression.Operand {
        if let operand = node.operand { return operand }
        guard let function = node.function else { throw syntaxError }
        noteMisuse(function)
        return .unknown
    }

    private mutating func operand() throws(ExpressionError) -> ConditionExpression.Operand {
        try operand(try primary())
    }

    /// Operands up to the parenthesis that ends them.
    private mutating func operands() throws(ExpressionError) -> [ConditionExpression.Operand] {
        var operands = [try operand()]
        while take(symbol: ",") { operands.append(try operand()) }
        try expect(symbol: ")")
        return operands
    }

    private mutating func primary() throws(ExpressionError) -> Node {
        if take(symbol: "(") {
            var node = try nested { (parser) throws(ExpressionError) in try parser.disjunction() }
            try expect(symbol: ")")
            if node.isInParentheses { note(.parentheses, "The expression has redundant parentheses;") }
            node.isInParentheses = true
            return node
        }
        if token.kind == .valuePlaceholder {
            return Node(operand: try placeholderValue().map { .value($0) } ?? .unknown)
        }
        if isAtCall { return try nested { (parser) throws(ExpressionError) in try parser.call() } }
        return Node(operand: .path(try path()))
    }

    // MARK: Functions

    private static let operandCounts = [
        "attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2,
        "size": 1,
    ]

    private mutating func call() throws(ExpressionError) -> Node {
        let name = token.text
        advance()
        advance()
        try countOperator()
        let operands = try operands()
        guard let count = Self.operandCounts[name] else {
            note(.function, "Invalid function name; function: \(name)")
            return Node(condition: .or([]), operand: .unknown, function: name)
        }
        guard operands.count == count else {
            note(
                .operand,
                "Incorrect number of operands for operator or function; operator or function: \(name), "
                    + "number of operands: \(operands.count)")
            return Node(condition: .or([]), operand: .unknown, function: name)
        }
        if count == 2 { checkDistinct(name, operands[0], operands[1]) }
        if name == "size" {
            if let type = operands[0].type, ["N", "BOOL", "NULL"].contains(type) { noteType(name, type) }
            return Node(operand: .size(operands[0]), function: name)
        }
        return Node(condition: called(name, operands), function: name)
    }

    private mutating func called(_ name: String, _ operands: [ConditionExpression.Operand]) -> ConditionExpression {
        switch name {
        case "attribute_exists", "attribute_not_exists":
            guard case .path(let path) = operands[0] else {
                if operands[0] != .unknown {
                    note(.type, "Operator or function requires a document path; operator or function: \(name)")
                }
                return .or([])
            }
            return name == "attribute_exists" ? .attributeExists(path) : .attributeNotExists(path)
        case "attribute_type":
            guard case .value(.string(let tag)) = operands[1] else {
                if operands[1] != .unknown { noteType(name, operands[1].type ?? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}") }
                return .or([])
            }
            if !["S", "N", "B", "NULL", "SS", "BOOL", "L", "BS", "NS", "M"].contains(tag) {
                note(
                    .type,
                    "Invalid attribute type name found; type: \(tag), valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}")
            }
            return .attributeType(operands[0], tag)
        case "begins_with":
            for operand in operands { if let type = operand.type, type != "S", type != "B" { noteType(name, type) } }
            return .beginsWith(operands[0], operands[1])
        default: return .contains(operands[0], operands[1])
        }
    }

    private mutating func noteType(_ operation: String, _ type: String) {
        note(
            .type,
            "Incorrect operand type for operator or function; operator or function: \(operation), operand type: \(type)"
        )
    }

    // MARK: Operands that can't be right

    private mutating func checkDistinct(
        _ operation: String, _ left: ConditionExpression.Operand, _ right: ConditionExpression.Operand
    ) {
        guard case .path(let path) = left, left == right else { return }
        note(
            .distinct,
            "The first operand must be distinct from the remaining operands for this operator or function; operator: "
                + "\(operation), first operand: \(path)")
    }

    private mutating func checkOrdered(_ operation: String, _ operands: [ConditionExpression.Operand]) {
        for operand in operands {
            if let type = operand.immediateType, !["S", "N", "B"].contains(type) { noteType(operation, type) }
        }
    }

    private mutating func checkBounds(_ low: ConditionExpression.Operand, _ high: ConditionExpression.Operand) {
        guard case .value(let lower) = low, case .value(let upper) = high else { return }
        let bounds =
            "lower bound operand: AttributeValue: \(lower.boundText), "
            + "upper bound operand: AttributeValue: \(upper.boundText)"
        if lower.typeTag != upper.typeTag {
            note(.type, "The BETWEEN operator requires same data type for lower and upper bounds; " + bounds)
        } else if let order = lower.order(comparedTo: upper), order > 0 {
            note(
                .type, "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " + bounds
            )
        }
    }
}

extension AttributeValue {
    /// A bound as messages show it: `{N:12}`.
    fileprivate var boundText: String {
        let text =
            switch self {
            case .string(let text), .number(let text): text
            default: typedJSON.objectValue?.values.first?.text() ?? ""
            }
        return "{\(typeTag):\(text)}"
    }
}

extension ExpressionBindings {
    /// Reads an UpdateExpression.
    package mutating func update(_ text: String) throws(ExpressionError) -> UpdateExpression {
        var parser = try ExpressionParser(text, .update, self)
        let update = try parser.update()
        try parser.finish()
        self = parser.bindings
        return update
    }
}

extension ExpressionParser {
    private typealias Value = UpdateExpression.Value

    fileprivate mutating func update() throws(ExpressionError) -> UpdateExpression {
        var actions: [UpdateExpression.Action] = []
        var sections: Set<String> = []
        repeat {
            let section = token.text.uppercased()
            guard token.kind == .name, ["SET", "REMOVE", "ADD", "DELETE"].contains(section) else { throw syntaxError }
            advance()
            if !sections.insert(section).inserted {
                note(.section, "The \"\(section)\" section can only be used once in an update expression;")
            }
            repeat { actions.append(try action(section)) } while take(symbol: ",")
        } while token.kind != .end
        checkDisjoint(actions.map(\.path))
        return UpdateExpression(actions: actions)
    }

    private mutating func action(_ section: String) throws(ExpressionError) -> UpdateExpression.Action {
        let path = try path()
        switch section {
        case "SET":
            try expect(symbol: "=")
            try countOperator()
            return .set(path, try value())
        case "REMOVE": return .remove(path)
        default:
            try countOperator()
            guard let value = try placeholderValue() else { return .remove(path) }
            if let name = Self.typeNames[value.typeTag], !(section == "ADD" && name == "NUMBER") {
                note(
                    .operand,
                    "Incorrect operand type for operator or function; operator: \(section), operand type: \(name)")
            }
            return section == "ADD" ? .add(path, value) : .delete(path, value)
        }
    }

    /// The types that are not sets.
    private static let typeNames = [
        "S": "STRING", "N": "NUMBER", "B": "BINARY", "NULL": "NULL", "BOOL": "BOOLEAN", "L": "LIST", "M": "MAP",
    ]

    // MARK: SET

    private mutating func value() throws(ExpressionError) -> UpdateExpression.Value {
        let left = try operand(mayBeArithmetic: true)
        guard isAt(symbol: "+") || isAt(symbol: "-") else { return left }
        // One operator a value: what parentheses hold is no operand when it has one itself.
        switch left {
        case .sum, .difference: throw syntaxError
        default: break
        }
        let symbol = token.text
        advance()
        try countOperator()
        let right = try operand(mayBeArithmetic: false)
        for operand in [left, right] { if let type = operand.immediateType, type != "N" { noteType(symbol, type) } }
        return symbol == "+" ? .sum(left, right) : .difference(left, right)
    }

    private mutating func operand(mayBeArithmetic: Bool) throws(ExpressionError) -> UpdateExpression.Value {
        if take(symbol: "(") {
            let inner = try nested { (parser) throws(ExpressionError) in
                mayBeArithmetic ? try parser.value() : try parser.operand(mayBeArithmetic: false)
            }
            try expect(symbol: ")")
            return inner
        }
        if token.kind == .valuePlaceholder { return try placeholderValue().map { .value($0) } ?? .unknown }
        if isAtCall { return try nested { (parser) throws(ExpressionError) in try parser.call() } }
        return .path(try path())
    }

    private mutating func call() throws(ExpressionError) -> UpdateExpression.Value {
        let name = token.text
        advance()
        advance()
        try countOperator()
        var operands = [try operand(mayBeArithmetic: false)]
        while take(symbol: ",") { operands.append(try operand(mayBeArithmetic: false)) }
        try expect(symbol: ")")
        guard name == "if_not_exists" || name == "list_append" else {
            note(.function, "Invalid function name; function: \(name)")
            return .unknown
        }
        guard operands.count == 2 else {
            note(
                .type,
                "Incorrect number of operands for operator or function; operator or function: \(name), "
                    + "number of operands: \(operands.count)")
            return .unknown
        }
        if name == "list_append" {
            for operand in operands { if let type = operand.immediateType, type != "L" { noteType(name, type) } }
            return .listAppend(operands[0], operands[1])
        }
        guard case .path(let path) = operands[0] else {
            note(.type, "Operator or function requires a document path; operator or function: \(name)")
            return .unknown
        }
        return .ifNotExists(path, operands[1])
    }

    private mutating func noteType(_ operation: String, _ type: String) {
        note(
            .type,
            "Incorrect operand type for operator or function; operator or function: \(operation), operand type: \(type)"
        )
    }
}

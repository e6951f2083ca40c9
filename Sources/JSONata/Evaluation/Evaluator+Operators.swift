import JSON

extension Evaluator {
    func evaluateBinary(
        _ symbol: BinaryOperator, _ left: Node, _ right: Node, _ node: Node, _ input: Value, _ frame: Frame
    ) throws(JSONataError) -> Value {
        let first = try evaluate(left, input, frame)
        switch symbol {
        case .and:
            guard try first.isTrue() else { return .bool(false) }
            return .bool(try evaluate(right, input, frame).isTrue())
        case .or:
            if try first.isTrue() { return .bool(true) }
            return .bool(try evaluate(right, input, frame).isTrue())
        default: break
        }
        let second = try evaluate(right, input, frame)
        do throws(JSONataError) {
            return try combine(symbol, first, second)
        } catch {
            throw error.filling(position: node.position, token: symbol.rawValue)
        }
    }

    private func combine(_ symbol: BinaryOperator, _ left: Value, _ right: Value) throws(JSONataError) -> Value {
        switch symbol {
        case .add, .subtract, .multiply, .divide, .remainder: return try arithmetic(symbol, left, right)
        case .equal, .notEqual:
            if left.isUndefined || right.isUndefined { return .bool(false) }
            return .bool(try isSame(left, right) == (symbol == .equal))
        case .less, .lessOrEqual, .greater, .greaterOrEqual: return try compare(symbol, left, right)
        case .concatenate: return try concatenate(left, right)
        case .contained: return .bool(try isContained(left, in: right))
        case .range: return try range(left, right)
        case .and, .or: return .undefined
        }
    }

    func isSame(_ left: Value, _ right: Value) throws(JSONataError) -> Bool {
        switch (left, right) {
        case (.array, .array), (.object, .object):
            guard left.elementCount == right.elementCount else { return false }
            let extent = left.extent(upTo: remainingSteps + 1)
            try charge(steps: extent.count)
            return try stack.onLargeStack(if: extent.depth > Evaluator.ownStackDepth) {
                () throws(JSONataError) -> Bool in
                left.isSame(as: right)
            }
        case (.string(let one), .string): try charge(steps: one.utf8.count / 64)
        default: break
        }
        return left.isSame(as: right)
    }

    private func arithmetic(_ symbol: BinaryOperator, _ left: Value, _ right: Value) throws(JSONataError) -> Value {
        let (first, second) = (try left.finiteNumber(), try right.finiteNumber())
        if first == nil, !left.isUndefined { throw JSONataError("T2001", value: left.json ?? .null) }
        if second == nil, !right.isUndefined { throw JSONataError("T2002", value: right.json ?? .null) }
        guard let first, let second else { return .undefined }
        switch symbol {
        case .add: return .number(first + second)
        case .subtract: return .number(first - second)
        case .multiply: return .number(first * second)
        case .divide: return .number(first / second)
        default: return .number(first.truncatingRemainder(dividingBy: second))
        }
    }

    private func compare(_ symbol: BinaryOperator, _ left: Value, _ right: Value) throws(JSONataError) -> Value {
        func isComparable(_ value: Value) -> Bool {
            switch value {
            case .undefined, .string, .number: true
            default: false
            }
        }
        guard isComparable(left), isComparable(right) else {
            throw JSONataError("T2010", value: isComparable(left) ? right.json : left.json)
        }
        if left.isUndefined || right.isUndefined { return .undefined }
        let (isLess, isEqual): (Bool, Bool)
        switch (left, right) {
        case (.number(let one), .number(let other)):
            guard !one.isNaN, !other.isNaN else { return .bool(false) }
            (isLess, isEqual) = (one < other, one == other)
        case (.string(let one), .string(let other)):
            try charge(steps: one.utf8.count / 64)
            isEqual = one.isSame(as: other)
            isLess = !isEqual && one.precedes(other)
        default: throw JSONataError("T2009", value: left.json, value2: right.json)
        }
        switch symbol {
        case .less: return .bool(isLess)
        case .lessOrEqual: return .bool(isLess || isEqual)
        case .greater: return .bool(!isLess && !isEqual)
        default: return .bool(!isLess)
        }
    }

    private func concatenate(_ left: Value, _ right: Value) throws(JSONataError) -> Value {
        let first = try text(of: left) ?? ""
        let second = try text(of: right) ?? ""
        try reserve(stringBytes: first.utf8.count + second.utf8.count)
        return .string(first + second)
    }

    private func isContained(_ value: Value, in container: Value) throws(JSONataError) -> Bool {
        if value.isUndefined || container.isUndefined { return false }
        guard case .array(let array) = container else { return try isSame(value, container) }
        try charge(steps: array.count / 4)
        for index in 0..<array.count where try isSame(value, array[index]) { return true }
        return false
    }

    private func range(_ left: Value, _ right: Value) throws(JSONataError) -> Value {
        func integer(_ value: Value, _ code: String) throws(JSONataError) -> Double? {
            if value.isUndefined { return nil }
            guard case .number(let number) = value, number.isFinite, number == number.rounded(.towardZero) else {
                throw JSONataError(code, value: value.json)
            }
            return number
        }
        let (lower, upper) = (try integer(left, "T2003"), try integer(right, "T2004"))
        guard let lower, let upper, lower <= upper else { return .undefined }
        let size = upper - lower + 1
        guard size <= JSONataLimits.rangeElements, let count = Int(exactly: size) else {
            throw JSONataError("D2014", value: .double(size))
        }
        if count > limits.arrayElements { throw JSONataError("U1005", value: .int(limits.arrayElements)) }
        return .array(ArrayValue(from: lower, count: count))
    }
}

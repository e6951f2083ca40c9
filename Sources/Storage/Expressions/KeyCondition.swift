/// What a KeyConditionExpression chooses: one partition, and a range of its sort keys.
package struct KeyCondition: Sendable, Hashable {
    package let partition: AttributeValue
    /// What must hold of the sort key; nil when all of the partition is chosen.
    package let sort: ConditionExpression?

    /// The beginning of the sort keys, when they are chosen by it.
    package var sortPrefix: String? {
        if case .beginsWith(_, .value(.string(let prefix)))? = sort { prefix } else { nil }
    }

    /// - Throws: When the condition says more, or less, than a key's condition may.
    package init(
        _ condition: ConditionExpression, partitionKey: String, sortKey: String?,
        keyTypes: [String: TableSchema.KeyType]
    ) throws(ExpressionError) {
        let parts: [ConditionExpression] = if case .and(let parts) = condition { parts } else { [condition] }
        var byName: [String: ConditionExpression] = [:]
        for part in parts {
            let (name, part) = try KeyCondition.attribute(of: part)
            guard byName.updateValue(part, forKey: name) == nil else {
                throw ExpressionKind.key.error("KeyConditionExpressions must only contain one condition per key")
            }
        }
        guard parts.count <= 2 else { throw ExpressionError("Conditions can be of length 1 or 2 only") }
        guard let found = byName.removeValue(forKey: partitionKey) else {
            throw ExpressionError("Query condition missed key schema element: \(partitionKey)")
        }
        guard case .compare(_, .equal, .value(let partition)) = found else {
            throw ExpressionError("Query key condition not supported")
        }
        sort = sortKey.flatMap { byName.removeValue(forKey: $0) }
        if !byName.isEmpty {
            throw sortKey.map { ExpressionError("Query condition missed key schema element: \($0)") }
                ?? ExpressionError("Query key condition not supported")
        }
        self.partition = partition
        try KeyCondition.checkType(found, keyTypes[partitionKey])
        if let sort, let sortKey { try KeyCondition.checkType(sort, keyTypes[sortKey]) }
    }

    private static func checkType(
        _ part: ConditionExpression, _ type: TableSchema.KeyType?
    ) throws(ExpressionError) {
        guard part.keyValues.allSatisfy({ $0.typeTag == (type ?? .string).rawValue }) else {
            throw ExpressionError(
                "One or more parameter values were invalid: Condition parameter type does not match schema type")
        }
    }

    /// The attribute of a part of the condition, and the part with the attribute on its left.
    private static func attribute(
        of part: ConditionExpression
    ) throws(ExpressionError) -> (String, ConditionExpression) {
        let kind = ExpressionKind.key
        func refused(_ operation: String) -> ExpressionError {
            kind.error("Invalid operator used in KeyConditionExpression: \(operation)")
        }
        let operands: [ConditionExpression.Operand]
        var part = part
        switch part {
        case .compare(_, .notEqual, _): throw refused("<>")
        case .compare(.value(let value), let comparator, .path(let path)):
            part = .compare(.path(path), comparator.reversed, .value(value))
            operands = [.path(path), .value(value)]
        case .compare(let left, _, let right), .beginsWith(let left, let right): operands = [left, right]
        case .between(let operand, let low, let high): operands = [operand, low, high]
        case .isOne: throw refused("IN")
        case .attributeExists: throw refused("attribute_exists")
        case .attributeNotExists: throw refused("attribute_not_exists")
        case .attributeType: throw refused("attribute_type")
        case .contains: throw refused("contains")
        case .and: throw refused("AND")
        case .or: throw refused("OR")
        case .not: throw refused("NOT")
        }
        var paths: [DocumentPath] = []
        for operand in operands {
            switch operand {
            case .path(let path): paths.append(path)
            case .size: throw refused("size")
            case .value, .unknown: break
            }
        }
        guard let path = paths.first else {
            throw kind.error("Invalid condition in KeyConditionExpression: No key attribute specified")
        }
        guard paths.count == 1 else {
            throw kind.error(
                "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
        }
        guard case .path = operands[0] else { throw ExpressionError("Query key condition not supported") }
        guard path.elements.count == 1 else {
            throw kind.error("KeyConditionExpressions cannot have conditions on nested attributes")
        }
        return (path.attribute, part)
    }
}

extension ConditionExpression {
    /// The values that a part of a key's condition compares with.
    fileprivate var keyValues: [AttributeValue] {
        let operands: [Operand] =
            switch self {
            case .compare(_, _, let right), .beginsWith(_, let right): [right]
            case .between(_, let low, let high): [low, high]
            default: []
            }
        return operands.compactMap { if case .value(let value) = $0 { value } else { nil } }
    }
}

extension ConditionExpression.Comparator {
    /// The comparator that says the same with its sides exchanged.
    fileprivate var reversed: Self {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }
}

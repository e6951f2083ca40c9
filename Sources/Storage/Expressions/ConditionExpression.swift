/// What a ConditionExpression, FilterExpression or KeyConditionExpression says.
package indirect enum ConditionExpression: Sendable, Hashable {
    case compare(Operand, Comparator, Operand)
    case between(Operand, Operand, Operand)
    case isOne(Operand, of: [Operand])
    case attributeExists(DocumentPath)
    case attributeNotExists(DocumentPath)
    /// Of the type with this tag.
    case attributeType(Operand, String)
    case beginsWith(Operand, Operand)
    case contains(Operand, Operand)
    case and([ConditionExpression])
    case or([ConditionExpression])
    case not(ConditionExpression)

    package enum Comparator: String, Sendable, Hashable, CaseIterable {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    package indirect enum Operand: Sendable, Hashable {
        case path(DocumentPath)
        case value(AttributeValue)
        case size(Operand)
        /// Where a problem has been noted: never evaluated.
        case unknown
    }
}

extension ConditionExpression {
    /// Whether the condition holds of `item`, nil being an item that isn't there: one without attributes.
    ///
    /// Values of different types are unequal and have no order; of what is absent, only `<>`, `NOT` and
    /// `attribute_not_exists` hold.
    package func holds(of item: Item?) -> Bool {
        let item = item ?? [:]
        switch self {
        case .compare(let left, let comparator, let right):
            return comparator.holds(left.value(in: item), right.value(in: item))
        case .between(let operand, let low, let high):
            let value = operand.value(in: item)
            return Comparator.greaterOrEqual.holds(value, low.value(in: item))
                && Comparator.lessOrEqual.holds(value, high.value(in: item))
        case .isOne(let operand, let others):
            guard let value = operand.value(in: item) else { return false }
            return others.contains { $0.value(in: item) == value }
        case .attributeExists(let path): return path.value(in: item) != nil
        case .attributeNotExists(let path): return path.value(in: item) == nil
        case .attributeType(let operand, let tag): return operand.value(in: item)?.typeTag == tag
        case .beginsWith(let operand, let prefix):
            switch (operand.value(in: item), prefix.value(in: item)) {
            case (.string(let text)?, .string(let prefix)?): return text.utf8.starts(with: prefix.utf8)
            case (.binary(let bytes)?, .binary(let prefix)?): return bytes.starts(with: prefix)
            default: return false
            }
        case .contains(let operand, let part):
            guard let value = operand.value(in: item), let part = part.value(in: item) else { return false }
            return value.contains(part)
        case .and(let conditions): return conditions.allSatisfy { $0.holds(of: item) }
        case .or(let conditions): return conditions.contains { $0.holds(of: item) }
        case .not(let condition): return !condition.holds(of: item)
        }
    }

    /// The attributes on which the condition depends.
    package var attributes: Set<String> {
        switch self {
        case .compare(let left, _, let right), .beginsWith(let left, let right), .contains(let left, let right):
            left.attributes.union(right.attributes)
        case .between(let operand, let low, let high):
            operand.attributes.union(low.attributes).union(high.attributes)
        case .isOne(let operand, let others): others.reduce(operand.attributes) { $0.union($1.attributes) }
        case .attributeExists(let path), .attributeNotExists(let path): [path.attribute]
        case .attributeType(let operand, _): operand.attributes
        case .and(let conditions), .or(let conditions): conditions.reduce([]) { $0.union($1.attributes) }
        case .not(let condition): condition.attributes
        }
    }
}

extension ConditionExpression.Comparator {
    func holds(_ left: AttributeValue?, _ right: AttributeValue?) -> Bool {
        switch self {
        case .equal: left != nil && left == right
        case .notEqual: left == nil || left != right
        case .less: order(left, right).map { $0 < 0 } ?? false
        case .lessOrEqual: order(left, right).map { $0 <= 0 } ?? false
        case .greater: order(left, right).map { $0 > 0 } ?? false
        case .greaterOrEqual: order(left, right).map { $0 >= 0 } ?? false
        }
    }

    private func order(_ left: AttributeValue?, _ right: AttributeValue?) -> Int? {
        guard let left, let right else { return nil }
        return left.order(comparedTo: right)
    }
}

extension ConditionExpression.Operand {
    func value(in item: Item) -> AttributeValue? {
        switch self {
        case .path(let path): path.value(in: item)
        case .value(let value): value
        case .size(let operand): operand.value(in: item)?.size.map { .int($0) }
        case .unknown: nil
        }
    }

    var attributes: Set<String> {
        switch self {
        case .path(let path): [path.attribute]
        case .size(let operand): operand.attributes
        case .value, .unknown: []
        }
    }

    /// The type of a value that stands in the request itself.
    var immediateType: String? { if case .value(let value) = self { value.typeTag } else { nil } }

    /// The type that the operand has in every item, where there is one.
    var type: String? { if case .size = self { "N" } else { immediateType } }
}

extension AttributeValue {
    /// What `size` gives: the length of text and bytes, the count of elements; nil of other types.
    fileprivate var size: Int? {
        switch self {
        case .string(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        case .set(let elements): elements.count
        case .list(let elements): elements.count
        case .map(let members): members.count
        case .number, .bool, .null: nil
        }
    }

    fileprivate func contains(_ part: AttributeValue) -> Bool {
        switch (self, part) {
        case (.string(let text), .string(let part)): Self.contains(Array(text.utf8), Array(part.utf8))
        case (.binary(let bytes), .binary(let part)): Self.contains(bytes, part)
        case (.set(let elements), _): elements.contains(part)
        case (.list(let elements), _): elements.contains(part)
        default: false
        }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard part.count <= bytes.count else { return false }
        guard let first = part.first else { return true }
        return (0...(bytes.count - part.count)).contains { start in
            bytes[start] == first && bytes[start..<(start + part.count)].elementsEqual(part)
        }
    }
}

extension Condition {
    /// Whether the condition holds of `item`, nil being an item that isn't there.
    func holds(of item: Item?) -> Bool {
        switch self {
        case .attributeExists(let name): item?[name] != nil
        case .attributeNotExists(let name): item?[name] == nil
        case .equals(let name, let value): item?[name] == value
        case .notEquals(let name, let value): item?[name] != value
        case .lessThan(let name, let value): Condition.compare(item?[name], value) { $0 < 0 }
        case .lessOrEqual(let name, let value): Condition.compare(item?[name], value) { $0 <= 0 }
        case .greaterThan(let name, let value): Condition.compare(item?[name], value) { $0 > 0 }
        case .greaterOrEqual(let name, let value): Condition.compare(item?[name], value) { $0 >= 0 }
        case .and(let conditions): conditions.allSatisfy { $0.holds(of: item) }
        case .or(let conditions): conditions.contains { $0.holds(of: item) }
        case .not(let condition): !condition.holds(of: item)
        }
    }

    private static func compare(_ left: AttributeValue?, _ right: AttributeValue, _ accepts: (Int) -> Bool) -> Bool {
        left.flatMap { $0.order(comparedTo: right) }.map(accepts) ?? false
    }
}

extension AttributeValue {
    /// Negative, zero or positive as this value comes before, with or after `other`; nil where they have no order.
    func order(comparedTo other: AttributeValue) -> Int? {
        switch (self, other) {
        case (.string(let left), .string(let right)): Self.order(left.utf8, right.utf8)
        case (.binary(let left), .binary(let right)): Self.order(left, right)
        case (.number(let left), .number(let right)):
            if let left = DecimalNumber(left), let right = DecimalNumber(right) {
                left == right ? 0 : left < right ? -1 : 1
            } else {
                nil
            }
        default: nil
        }
    }

    private static func order(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Int {
        left.lexicographicallyPrecedes(right) ? -1 : right.lexicographicallyPrecedes(left) ? 1 : 0
    }
}

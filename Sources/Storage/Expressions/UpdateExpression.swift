/// What an UpdateExpression does to an item.
package struct UpdateExpression: Sendable, Hashable {
    enum Action: Sendable, Hashable {
        case set(DocumentPath, Value)
        case remove(DocumentPath)
        /// A number or a set, added to what is there.
        case add(DocumentPath, AttributeValue)
        /// A set, taken out of what is there.
        case delete(DocumentPath, AttributeValue)

        var path: DocumentPath {
            switch self {
            case .set(let path, _), .remove(let path), .add(let path, _), .delete(let path, _): path
            }
        }
    }

    /// The right side of a SET.
    indirect enum Value: Sendable, Hashable {
        case path(DocumentPath)
        case value(AttributeValue)
        case ifNotExists(DocumentPath, Value)
        case listAppend(Value, Value)
        case sum(Value, Value)
        case difference(Value, Value)
        /// Where a problem has been noted: never evaluated.
        case unknown
    }

    let actions: [Action]

    /// Does nothing: what an UpdateItem without an expression does.
    package static let none = UpdateExpression(actions: [])

    /// The paths that are written.
    package var paths: [DocumentPath] { actions.map(\.path) }

    /// The attributes that are written, or in which something is.
    package var writtenAttributes: Set<String> { Set(actions.map(\.path.attribute)) }

    /// The attributes that are written or on which what is written depends.
    package var attributes: Set<String> {
        actions.reduce(into: []) { names, action in
            names.insert(action.path.attribute)
            if case .set(_, let value) = action { names.formUnion(value.attributes) }
        }
    }

    /// Whether it only takes away: then it makes no item that isn't there.
    package var onlyRemoves: Bool {
        !actions.isEmpty
            && actions.allSatisfy { action in
                switch action {
                case .remove, .delete: true
                case .set, .add: false
                }
            }
    }

    /// Carries the update out on `item`, one that isn't there yet having only its key.
    ///
    /// All right sides mean the item as it was. Elements that are set past the end of a list are appended in the order of
    /// their indexes; elements are removed by the indexes that they had.
    package func applied(to item: Item) throws(ExpressionError) -> Item {
        var changed = AttributeValue.map(item)
        var removed: [DocumentPath] = []
        var written: [(path: DocumentPath, value: AttributeValue)] = []
        for action in actions {
            switch action {
            case .set(let path, let value): written.append((path, try value.value(in: item)))
            case .remove(let path): removed.append(path)
            case .add(let path, let value): written.append((path, try sum(path.value(in: item), value)))
            case .delete(let path, let value):
                guard let rest = try difference(path.value(in: item), value) else {
                    removed.append(path)
                    continue
                }
                written.append((path, rest))
            }
        }
        for (path, value) in written.sorted(by: { $0.path < $1.path }) {
            guard changed.replace(path.elements[...], with: value) else { throw Self.pathError }
        }
        for path in removed.sorted(by: >) {
            guard changed.replace(path.elements[...], with: nil) else { throw Self.pathError }
        }
        return changed.mapValue ?? item
    }

    private static let pathError = ExpressionError(
        "The document path provided in the update expression is invalid for update")
    fileprivate static let typeError = ExpressionError(
        "An operand in the update expression has an incorrect data type")

    private func sum(_ current: AttributeValue?, _ value: AttributeValue) throws(ExpressionError) -> AttributeValue {
        switch (current, value) {
        case (nil, _): return value
        case (.number?, .number): return try AttributeValue.sum(current, value)
        case (.set(let elements)?, .set(let others)) where current?.typeTag == value.typeTag:
            return .set(elements.union(others))
        default: throw Self.typeError
        }
    }

    /// What stays of a set; nil for nothing.
    private func difference(
        _ current: AttributeValue?, _ value: AttributeValue
    ) throws(ExpressionError) -> AttributeValue? {
        guard let current else { return nil }
        guard case .set(let elements) = current, case .set(let others) = value, current.typeTag == value.typeTag else {
            throw Self.typeError
        }
        let rest = elements.subtracting(others)
        return rest.isEmpty ? nil : .set(rest)
    }
}

extension UpdateExpression.Value {
    var attributes: Set<String> {
        switch self {
        case .path(let path): [path.attribute]
        case .value, .unknown: []
        case .ifNotExists(let path, let value): value.attributes.union([path.attribute])
        case .listAppend(let left, let right), .sum(let left, let right), .difference(let left, let right):
            left.attributes.union(right.attributes)
        }
    }

    /// The type of a value that stands in the request itself.
    var immediateType: String? { if case .value(let value) = self { value.typeTag } else { nil } }

    func value(in item: Item) throws(ExpressionError) -> AttributeValue {
        switch self {
        case .value(let value): return value
        case .path(let path):
            if let value = path.value(in: item) { return value }
            throw ExpressionError("The provided expression refers to an attribute that does not exist in the item")
        case .ifNotExists(let path, let value):
            if let found = path.value(in: item) { return found }
            return try value.value(in: item)
        case .listAppend(let left, let right):
            guard case .list(let first) = try left.value(in: item), case .list(let second) = try right.value(in: item)
            else { throw UpdateExpression.typeError }
            return .list(first + second)
        case .sum(let left, let right):
            return try AttributeValue.sum(try left.value(in: item), try right.value(in: item))
        case .difference(let left, let right):
            let right = try right.value(in: item)
            guard case .number(let spelling) = right, let number = DecimalNumber(spelling) else {
                throw UpdateExpression.typeError
            }
            return try AttributeValue.sum(try left.value(in: item), .number(number.negated.spelling))
        case .unknown: throw UpdateExpression.typeError
        }
    }
}

extension AttributeValue {
    fileprivate static func sum(
        _ left: AttributeValue?, _ right: AttributeValue
    ) throws(ExpressionError) -> AttributeValue {
        guard case .number(let left) = left, case .number(let right) = right, let left = DecimalNumber(left),
            let right = DecimalNumber(right)
        else { throw UpdateExpression.typeError }
        guard let sum = left.adding(right) else {
            throw ExpressionError(
                "Number overflow. Attempting to store a number with magnitude larger than supported range")
        }
        return .number(sum.spelling)
    }
}

/// The parts of an item that a ProjectionExpression names.
package struct ProjectionExpression: Sendable, Hashable {
    private var root = Node()

    private struct Node: Sendable, Hashable {
        var members: [String: Node] = [:]
        var elements: [Int: Node] = [:]
        /// Whether all of the value is wanted.
        var isWhole = false

        mutating func insert(_ path: ArraySlice<DocumentPath.Element>) {
            switch path.first {
            case .name(let name)?: members[name, default: Node()].insert(path.dropFirst())
            case .index(let index)?: elements[index, default: Node()].insert(path.dropFirst())
            case nil: isWhole = true
            }
        }

        /// The wanted parts of a value; nil when it has none of them. Lists close up.
        func part(of value: AttributeValue) -> AttributeValue? {
            if isWhole { return value }
            switch value {
            case .map(let values):
                let parts = parts(of: values)
                return parts.isEmpty ? nil : .map(parts)
            case .list(let values):
                let parts = elements.keys.sorted().compactMap { index in
                    index < values.count ? elements[index]?.part(of: values[index]) : nil
                }
                return parts.isEmpty ? nil : .list(parts)
            default: return nil
            }
        }

        func parts(of values: Item) -> Item {
            var parts = Item()
            for (name, node) in members { parts[name] = values[name].flatMap { node.part(of: $0) } }
            return parts
        }
    }

    /// - Parameter paths: None of them in another.
    package init(_ paths: [DocumentPath]) { for path in paths { root.insert(path.elements[...]) } }

    /// What the item has of the parts.
    package func applied(to item: Item) -> Item { root.parts(of: item) }
}

extension ExpressionBindings {
    /// Reads a ProjectionExpression.
    package mutating func projection(_ text: String) throws(ExpressionError) -> ProjectionExpression {
        var parser = try ExpressionParser(text, .projection, self)
        var paths: [DocumentPath] = []
        repeat { paths.append(try parser.path()) } while parser.take(symbol: ",")
        parser.checkDisjoint(paths)
        try parser.finish()
        self = parser.bindings
        return ProjectionExpression(paths)
    }
}

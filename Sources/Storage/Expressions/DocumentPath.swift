/// A place in an item: an attribute, and members and elements within it (`a.b[0].c`).
package struct DocumentPath: Sendable, Hashable {
    package enum Element: Sendable, Hashable {
        case name(String)
        case index(Int)
    }

    /// Of which the first is a name.
    let elements: [Element]

    init(_ elements: [Element]) { self.elements = elements }

    /// The attribute that the path is in.
    var attribute: String { if case .name(let name)? = elements.first { name } else { "" } }

    /// The value there, or nil when the item has none.
    func value(in item: Item) -> AttributeValue? {
        var value: AttributeValue? = .map(item)
        for element in elements { value = value?.child(element) }
        return value
    }
}

extension DocumentPath: CustomStringConvertible {
    /// As DynamoDB writes it in messages: `[a, b, [0]]`.
    package var description: String {
        let names = elements.map { element in
            switch element {
            case .name(let name): name
            case .index(let index): "[\(index)]"
            }
        }
        return "[\(names.joined(separator: ", "))]"
    }
}

extension DocumentPath: Comparable {
    /// Names by their bytes, indexes by their number, a path before those within it.
    package static func < (left: DocumentPath, right: DocumentPath) -> Bool {
        for (left, right) in zip(left.elements, right.elements) where left != right {
            switch (left, right) {
            case (.name(let left), .name(let right)): return left.utf8.lexicographicallyPrecedes(right.utf8)
            case (.index(let left), .index(let right)): return left < right
            case (.name, .index): return true
            case (.index, .name): return false
            }
        }
        return left.elements.count < right.elements.count
    }
}

extension AttributeValue {
    fileprivate func child(_ element: DocumentPath.Element) -> AttributeValue? {
        switch (element, self) {
        case (.name(let name), .map(let members)): members[name]
        case (.index(let index), .list(let elements)): index < elements.count ? elements[index] : nil
        default: nil
        }
    }

    /// Writes, or with nil removes, what is at a path within this value; false when the path leads nowhere.
    ///
    /// An element past the end of a list is appended; one that is to be removed and isn't there is fine.
    mutating func replace(_ path: ArraySlice<DocumentPath.Element>, with value: AttributeValue?) -> Bool {
        guard let element = path.first else {
            guard let value else { return false }
            self = value
            return true
        }
        let rest = path.dropFirst()
        switch (element, self) {
        case (.name(let name), .map(var members)):
            guard !rest.isEmpty else {
                members[name] = value
                self = .map(members)
                return true
            }
            guard var child = members[name], child.replace(rest, with: value) else { return false }
            members[name] = child
            self = .map(members)
        case (.index(let index), .list(var elements)):
            guard !rest.isEmpty else {
                if index < elements.count {
                    if let value { elements[index] = value } else { elements.remove(at: index) }
                } else if let value {
                    elements.append(value)
                }
                self = .list(elements)
                return true
            }
            guard index < elements.count, elements[index].replace(rest, with: value) else { return false }
            self = .list(elements)
        default: return false
        }
        return true
    }
}

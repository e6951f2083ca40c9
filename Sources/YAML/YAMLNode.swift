/// One node of a YAML document and where it stands.
///
/// Aliases are already resolved: a node that was reached by an alias is a copy of its anchor's, with the anchor's
/// position.
package struct YAMLNode: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        /// The entries in the order in which they were written; no two keys are alike.
        case mapping([YAMLEntry])
    }

    package let content: Content
    /// The explicit tag as it was written, such as `!Ref`, or in full for the standard ones
    /// (`tag:yaml.org,2002:str`); nil when there is none.
    package let tag: String?
    package let position: YAMLPosition

    package init(content: Content, tag: String?, position: YAMLPosition) {
        self.content = content
        self.tag = tag
        self.position = position
    }

    package var scalar: YAMLScalar? { if case .scalar(let scalar) = content { scalar } else { nil } }
    package var sequence: [YAMLNode]? { if case .sequence(let nodes) = content { nodes } else { nil } }
    package var mapping: [YAMLEntry]? { if case .mapping(let entries) = content { entries } else { nil } }

    /// The value under `key` of a mapping.
    package subscript(key: String) -> YAMLNode? { mapping?.first { $0.key == key }?.value }

    /// What the node is, in a word: for messages.
    package var kindName: String {
        switch content {
        case .scalar(let scalar): scalar.resolved(tag: tag) == .null ? "null" : "scalar"
        case .sequence: "list"
        case .mapping: "mapping"
        }
    }
}

/// A key of a mapping and its value.
package struct YAMLEntry: Sendable, Hashable {
    package let key: String
    package let keyPosition: YAMLPosition
    package let value: YAMLNode

    package init(key: String, keyPosition: YAMLPosition, value: YAMLNode) {
        self.key = key
        self.keyPosition = keyPosition
        self.value = value
    }
}

/// A place in a YAML text. Lines and columns count from 1; a column is a character of the line.
package struct YAMLPosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: YAMLPosition, right: YAMLPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }

    package var description: String { "line \(line), column \(column)" }
}

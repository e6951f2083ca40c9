/// Why a text is no YAML document that can be used, and where.
package struct YAMLError: Error, Sendable, Hashable {
    package enum Code: String, Sendable, Hashable {
        /// The text breaks YAML's grammar.
        case syntax
        /// The bytes are neither UTF-8 nor UTF-16, or hold a character YAML does not allow.
        case encoding
        /// There is no document at all.
        case empty
        case severalDocuments
        case duplicateKey
        /// A key that is a list, a mapping or null.
        case unusableKey
        /// `<<`, which CloudFormation does not take either.
        case mergeKey
        case unknownAlias
        /// An anchor that holds an alias to itself.
        case recursiveAlias
        case tooLarge
        case tooDeep
        /// More nodes than the limit once aliases are resolved.
        case tooManyNodes
        case outOfMemory
    }

    package let code: Code
    package let file: String
    package let position: YAMLPosition
    /// What was found and, where it helps, what to do.
    package let detail: String

    package init(code: Code, file: String, position: YAMLPosition, detail: String) {
        self.code = code
        self.file = file
        self.position = position
        self.detail = detail
    }

    package var line: Int { position.line }
    package var column: Int { position.column }
}

extension YAMLError: CustomStringConvertible {
    package var description: String { "\(file):\(line):\(column): \(detail)" }
}

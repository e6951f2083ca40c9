package import YAML

/// A place in the template or in a definition file that belongs to it. Lines and columns count from 1.
package struct TemplatePosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package init(file: String, _ position: YAMLPosition) {
        self.init(file: file, line: position.line, column: position.column)
    }

    package static func < (left: TemplatePosition, right: TemplatePosition) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }

    package var description: String { "\(file):\(line):\(column)" }
}

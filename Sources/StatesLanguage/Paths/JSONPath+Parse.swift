/// Why a text is no path.
package struct JSONPathError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

extension JSONPath {
    /// Characters of a path at most.
    static let maximumCharacterCount = 4_096

    /// Names, indices and brackets of a path at most: as deep as a value may be made by one.
    static let maximumStepCount = 256

    /// Reads a path: `$.a.b`, `$['a b'][0]`, `$..x`, `$$.Execution.Id`, `$variable[?(@.price < 10)]`, `$.a.length()`.
    ///
    /// - Throws: ``JSONPathError`` that says what was found, at which character.
    package init(_ text: String) throws(JSONPathError) {
        var reader = JSONPathReader(text)
        self = try reader.readWhole()
    }
}

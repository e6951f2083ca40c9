/// A version that a library gives its symbols, such as `GLIBC_2.34`: a set of names, and a number within it.
package struct SymbolVersion: Sendable, Hashable {
    /// What stands before the number: `GLIBC`, `GLIBCXX`, `GCC`.
    package let set: String
    /// The number's parts: 2 and 34. Empty for a version without a number, such as `GLIBC_PRIVATE`.
    package let parts: [Int]
    package let name: String

    /// Any text is a version; one that does not end in `_` and a number is a set of its own.
    package init(_ name: String) {
        self.name = name
        let pieces = name.split(separator: "_", omittingEmptySubsequences: false)
        let numbers = pieces.last?.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) } ?? []
        if pieces.count > 1, !numbers.isEmpty, numbers.allSatisfy({ ($0 ?? -1) >= 0 }) {
            set = pieces.dropLast().joined(separator: "_")
            parts = numbers.compactMap(\.self)
        } else {
            set = name
            parts = []
        }
    }
}

extension SymbolVersion: Comparable {
    /// Sets by name, versions of one set by number: 2.4 is before 2.34.
    package static func < (left: SymbolVersion, right: SymbolVersion) -> Bool {
        left.set == right.set ? left.parts.lexicographicallyPrecedes(right.parts) : left.set < right.set
    }
}

extension SymbolVersion: CustomStringConvertible {
    package var description: String { name }
}

/// Where in a file a record begins, or where the file ends.
package struct RecordStart: Sendable, Hashable {
    package let byteOffset: Int
    /// The line that the byte is on; line 1 is the header's.
    package let line: Int

    package init(byteOffset: Int, line: Int) {
        self.byteOffset = byteOffset
        self.line = line
    }
}

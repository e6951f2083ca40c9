/// Something a running router wants its user to know: it stays up, and nothing is lost.
package struct RouterRemark: Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

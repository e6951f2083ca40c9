/// Why a router can't start.
package struct RouterError: Error, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        case templateInvalid, executableMissing, portInUse
    }

    package let code: Code
    package let description: String

    package init(code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

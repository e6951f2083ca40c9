/// A state machine as the engine is given it.
package struct MachineDefinition: Sendable, Hashable {
    package var arn: String
    package var roleARN: String
    /// The definition: JSON in the States Language.
    package var bytes: [UInt8]
    /// Where the definition comes from: for messages.
    package var file: String

    package init(arn: String, roleARN: String, bytes: [UInt8], file: String) {
        self.arn = arn
        self.roleARN = roleARN
        self.bytes = bytes
        self.file = file
    }

    /// The last part of the ARN.
    package var name: String { arn.lastIndex(of: ":").map { String(arn[arn.index(after: $0)...]) } ?? arn }

    /// The ARN of this machine's execution of that name.
    package func executionARN(_ name: String) -> String {
        var parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 5 { parts[5] = "execution" }
        return (parts + [name]).joined(separator: ":")
    }
}

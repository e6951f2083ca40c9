package import StatesLanguage

/// A state machine as the engine is given it.
package struct MachineDefinition: Sendable, Hashable {
    /// What AWS calls a state machine's type.
    package typealias Kind = StateMachineType

    package var arn: String
    package var roleARN: String
    /// The definition: JSON in the States Language.
    package var bytes: [UInt8]
    /// Where the definition comes from: for messages.
    package var file: String
    package var kind: Kind
    /// The version that this definition is of; nil for the machine itself.
    package var versionARN: String?
    /// The revision that this definition is; nil for one that was never changed.
    package var revisionID: String?

    package init(
        arn: String, roleARN: String, bytes: [UInt8], file: String, kind: Kind = .standard, versionARN: String? = nil,
        revisionID: String? = nil
    ) {
        self.arn = arn
        self.roleARN = roleARN
        self.bytes = bytes
        self.file = file
        self.kind = kind
        self.versionARN = versionARN
        self.revisionID = revisionID
    }

    /// The last part of the ARN.
    package var name: String { arn.lastIndex(of: ":").map { String(arn[arn.index(after: $0)...]) } ?? arn }

    /// The ARN of this machine's execution of that name.
    ///
    /// Names of express executions need not be unique: they are recorded as `NAME:UUID` and have ARNs of a kind of their
    /// own, `arn:aws:states:REGION:ACCOUNT:express:MACHINE:NAME:UUID`.
    package func executionARN(_ name: String) -> String {
        var parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 5 { parts[5] = kind == .express ? "express" : "execution" }
        return (parts + [name]).joined(separator: ":")
    }
}

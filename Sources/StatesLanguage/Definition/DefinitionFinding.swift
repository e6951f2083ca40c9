/// Something about a definition that its author should know, with its place.
package struct DefinitionFinding: Sendable, Hashable, CustomStringConvertible {
    package enum Severity: String, Sendable, Hashable {
        case error = "ERROR"
        case warning = "WARNING"
    }

    package let severity: Severity
    /// AWS's name, such as `SCHEMA_VALIDATION_FAILED`.
    package let code: String
    package let message: String
    /// `/States/X/Next`.
    package let location: String?
    package let file: String
    package let line: Int
    package let column: Int

    package var description: String {
        "\(file):\(line):\(column): \(severity.rawValue.lowercased()): \(message)"
            + (location.map { " at \($0)" } ?? "")
    }
}

/// Standard machines keep a history and wait for callbacks and jobs; Express ones do not.
package enum StateMachineType: String, Sendable, Hashable, CaseIterable {
    case standard = "STANDARD"
    case express = "EXPRESS"
}

/// A definition that can't be run, with everything found in it.
package struct DefinitionError: Error, Sendable, CustomStringConvertible {
    package let findings: [DefinitionFinding]

    package var description: String { findings.map(\.description).joined(separator: "\n") }
}

extension Application {
    /// A state machine with its definition.
    package struct StateMachine: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable {
            case standard = "STANDARD"
            case express = "EXPRESS"
        }

        package var logicalID: String
        package var name: String
        package var arn: String
        /// The role's ARN, made up when SAM would make one.
        package var roleARN: String
        package var kind: Kind
        package var definition: Definition
        /// What `TracingConfiguration` says; shown, not acted on.
        package var isTraced: Bool
        package var position: TemplatePosition

        package init(
            logicalID: String, name: String, arn: String, roleARN: String, kind: Kind, definition: Definition,
            isTraced: Bool, position: TemplatePosition
        ) {
            self.logicalID = logicalID
            self.name = name
            self.arn = arn
            self.roleARN = roleARN
            self.kind = kind
            self.definition = definition
            self.isTraced = isTraced
            self.position = position
        }
    }

    /// A state machine's definition: JSON after substitution, and where it was written.
    ///
    /// Substitution keeps lines where they are: a place in line *n* of ``json`` was written in line *n* +
    /// ``lineOffset`` of ``file``. For a definition in YAML the JSON is laid out so that this holds, too; columns are
    /// then those of the JSON.
    package struct Definition: Sendable, Hashable {
        package var json: [UInt8]
        /// The definition's own file, or the template when it is written there.
        package var file: String
        package var lineOffset: Int
        package var substitutions: [String: String]

        package init(json: [UInt8], file: String, lineOffset: Int = 0, substitutions: [String: String] = [:]) {
            self.json = json
            self.file = file
            self.lineOffset = lineOffset
            self.substitutions = substitutions
        }
    }
}

/// Something in a template that is wrong or that a local run can't do.
package struct Finding: Sendable, Hashable {
    package enum Severity: String, Sendable, Hashable {
        /// The application must not be started.
        case error
        /// The application runs, but not quite as it would when deployed.
        case warning
    }

    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// The file can't be read.
        case unreadableFile
        /// The file is no YAML, or none that CloudFormation takes; among others a logical id or key given twice.
        case invalidYAML
        /// A value of the wrong kind, out of range or spelled wrongly.
        case invalidValue
        case missingProperty
        case unknownProperty
        /// A property, attribute or section that AWS knows and a local run does not have.
        case unsupportedProperty
        case unsupportedFunction
        case unsupportedResource
        /// A reference to what the template does not have.
        case unknownReference
        case unknownAttribute
        case missingParameter
        case unknownParameter
        case circularDependency
        case missingDefinitionFile
        /// A state machine's `${...}` that has no substitution.
        case unknownSubstitution
        /// A state machine or a target names a function that is not in the template.
        case unknownFunction
        case unknownTarget
        case unsupportedRuntime
        /// Two resources with one physical name.
        case duplicateName
        /// A state machine's definition breaks the States Language, or uses what is not supported.
        case invalidDefinition
    }

    package var severity: Severity
    package var code: Code
    package var position: TemplatePosition
    /// The resource in question, if it is one.
    package var logicalID: String?
    /// What was found and what to do, in one sentence or two.
    package var message: String

    package init(
        severity: Severity, code: Code, position: TemplatePosition, logicalID: String? = nil, message: String
    ) {
        self.severity = severity
        self.code = code
        self.position = position
        self.logicalID = logicalID
        self.message = message
    }
}

extension Finding: CustomStringConvertible {
    /// `FILE:LINE:COLUMN: error: MESSAGE`, as editors read it.
    package var description: String { "\(position): \(severity.rawValue): \(message)" }
}

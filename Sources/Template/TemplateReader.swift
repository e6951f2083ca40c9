import YAML

/// Reads one template: what it has found out so far, and what it found wrong.
///
/// The order is: sections, parameters, then each resource by its type. Names and attributes of resources are found out
/// when something refers to them.
struct TemplateReader {
    /// CloudFormation's limit of resources in a template.
    static let maximumResourceCount = 500
    /// Bytes that a function such as `Fn::Sub` may give: references to references could grow without end.
    static let maximumTextByteCount = 1 << 20
    /// References behind references.
    static let maximumReferenceDepth = 32

    /// A resource as it is written.
    struct Resource {
        let logicalID: String
        let type: String
        let node: YAMLNode
        /// Where its logical id stands.
        let position: YAMLPosition
        /// With the template's `Globals` merged in.
        let properties: YAMLNode?

        var isServerless: Bool { type.hasPrefix("AWS::Serverless::") }
    }

    let file: String
    let options: TemplateOptions
    let load: (String) throws -> [UInt8]

    var application: Application
    var findings: [Finding] = []
    var parameters: [String: TemplateValue] = [:]
    var mappings: YAMLNode?
    var conditions: [String: YAMLEntry] = [:]
    var globals: YAMLNode?
    /// Resources that are created, in the template's order; those whose condition is false are not among them.
    var resources: [Resource] = []
    var resourceIndices: [String: Int] = [:]
    /// Resources whose condition is false, with the condition's name.
    var conditionalAway: [String: String] = [:]
    /// Logical ids of the queues that SAM makes for undeliverable events.
    var generatedQueues: Set<String> = []

    /// The resource that is being read, for findings.
    var logicalID: String?
    var conditionResults: [String: Bool] = [:]
    var openConditions: Set<String> = []
    var physicalNames: [String: String] = [:]
    /// Resources whose name is being found out.
    var openNames: Set<String> = []
    var referenceDepth = 0
    /// Functions and targets that something names by ARN: held against the application when all of it is known.
    var pendingFunctions: [(logicalID: String?, arn: String, position: YAMLPosition)] = []
    /// Queues that something names by ARN and that must be the template's.
    var pendingQueues: [(logicalID: String?, arn: String, position: YAMLPosition)] = []
    /// Notifications that functions ask of buckets, by the bucket's logical id.
    var pendingNotifications: [(bucket: String, notification: Application.Notification)] = []

    init(file: String, options: TemplateOptions, load: @escaping (String) throws -> [UInt8]) {
        self.file = file
        self.options = options
        self.load = load
        application = Application(file: file, account: options.account)
    }

    var account: AccountContext { options.account }

    /// Notes an error.
    mutating func report(_ code: Finding.Code, at position: YAMLPosition, _ message: String) {
        note(.error, code, at: place(position), message)
    }

    /// Notes an error in a file of its own.
    mutating func report(_ code: Finding.Code, at position: TemplatePosition, _ message: String) {
        note(.error, code, at: position, message)
    }

    mutating func warn(_ code: Finding.Code, at position: YAMLPosition, _ message: String) {
        note(.warning, code, at: place(position), message)
    }

    mutating func warn(_ code: Finding.Code, at position: TemplatePosition, _ message: String) {
        note(.warning, code, at: position, message)
    }

    private mutating func note(
        _ severity: Finding.Severity, _ code: Finding.Code, at position: TemplatePosition, _ message: String
    ) {
        findings.append(
            Finding(severity: severity, code: code, position: position, logicalID: logicalID, message: message))
    }

    func place(_ position: YAMLPosition) -> TemplatePosition { TemplatePosition(file: file, position) }

    func resource(_ logicalID: String) -> Resource? { resourceIndices[logicalID].map { resources[$0] } }
}

extension Application {
    /// Reads the SAM or CloudFormation template in `file`.
    ///
    /// All findings come in one go, unless the file is no YAML; nothing is thrown.
    ///
    /// - Parameters:
    ///   - file: The template's path; definition files are looked for relative to its folder.
    ///   - load: Returns a file's bytes; its error's text goes into the finding.
    package static func read(
        _ file: String, options: TemplateOptions = TemplateOptions(), load: (String) throws -> [UInt8]
    ) -> Application {
        withoutActuallyEscaping(load) { load in
            var reader = TemplateReader(file: file, options: options, load: load)
            return reader.read()
        }
    }
}

import YAML

extension TemplateReader {
    private static let functionShape = MappingShape(
        subject: "a function",
        used: [
            "Architectures", "CodeUri", "DeadLetterQueue", "Description", "Environment", "EventInvokeConfig", "Events",
            "FunctionName", "Handler", "MemorySize", "PackageType", "RecursiveLoop", "ReservedConcurrentExecutions",
            "Runtime",
            "Timeout",
        ],
        ignored: [
            "AssumeRolePolicyDocument", "AutoPublishAlias", "AutoPublishAliasAllProperties", "AutoPublishCodeSha256",
            "CapacityProviderConfig", "CodeSigningConfigArn", "DeploymentPreference", "EphemeralStorage", "KmsKeyArn",
            "LoggingConfig", "PermissionsBoundary", "Policies", "PropagateTags", "ProvisionedConcurrencyConfig",
            "PublishToLatestPublished", "Role", "RolePath", "RuntimeManagementConfig", "SnapStart",
            "SourceKMSKeyArn", "Tags", "TenancyConfig", "Tracing", "VersionDeletionPolicy", "VersionDescription",
            "VpcConfig",
        ],
        missing: ["FileSystemConfigs", "FunctionScalingConfig", "FunctionUrlConfig", "Layers"],
        refused: ["DurableConfig", "ImageConfig", "ImageUri", "InlineCode"])

    /// Runtimes whose functions are executables named `bootstrap`.
    private static let customRuntimes: Set<String> = ["provided.al2023", "provided.al2"]

    mutating func readFunction(_ resource: Resource) {
        checkProperties(of: resource, TemplateReader.functionShape)
        guard let name = checkedName(of: resource, .function) else { return }
        let isRunnable = checkRuntime(resource)
        let codeURI = codeURI(resource)
        let product = executableProduct(resource)
        if isRunnable, codeURI == nil, product == nil, resource.properties?["InlineCode"] == nil {
            report(
                .missingProperty, at: resource.position,
                "the function has neither a CodeUri with a bootstrap in it nor Metadata.Turntable.Executable")
        }
        let executable = product.map(Application.Function.Executable.product) ?? .bootstrap(folder: codeURI ?? ".")
        let reserved = integer(
            property(resource, "ReservedConcurrentExecutions"), "ReservedConcurrentExecutions", in: 0...100_000)
        application.functions.append(
            Application.Function(
                logicalID: resource.logicalID, name: name, arn: account.functionARN(name),
                description: text(property(resource, "Description"), "Description"), executable: executable,
                codeURI: codeURI, handler: text(property(resource, "Handler"), "Handler") ?? "bootstrap",
                runtime: text(property(resource, "Runtime"), "Runtime") ?? "", architecture: architecture(resource),
                environment: environment(resource),
                memorySizeMB: integer(property(resource, "MemorySize"), "MemorySize", in: 128...10_240) ?? 128,
                timeoutSeconds: integer(property(resource, "Timeout"), "Timeout", in: 1...900) ?? 3,
                reservedConcurrentExecutions: reserved, allowsLoops: allowsLoops(resource),
                asynchronousInvocation: asynchronousInvocation(resource),
                position: place(resource.position)))
        for event in events(of: resource) { readFunctionEvent(event, of: resource, named: name) }
    }

    private mutating func allowsLoops(_ resource: Resource) -> Bool {
        guard let value = property(resource, "RecursiveLoop"), let text = text(value, "RecursiveLoop") else {
            return false
        }
        guard text == "Allow" || text == "Terminate" else {
            report(.invalidValue, at: value.position, "RecursiveLoop is Allow or Terminate, not \(text)")
            return false
        }
        return text == "Allow"
    }

    private mutating func checkRuntime(_ resource: Resource) -> Bool {
        if let package = property(resource, "PackageType"), text(package, "PackageType") == "Image" {
            report(
                .unsupportedRuntime, at: package.position,
                "functions in container images are not run locally; use PackageType Zip with a custom runtime")
            return false
        }
        guard let value = property(resource, "Runtime") else {
            report(.missingProperty, at: resource.position, "the function has no Runtime; use provided.al2023")
            return false
        }
        guard let runtime = text(value, "Runtime") else { return false }
        guard TemplateReader.customRuntimes.contains(runtime) else {
            report(
                .unsupportedRuntime, at: value.position,
                "the runtime \(runtime) is not run locally; only custom runtimes are (provided.al2023, provided.al2)")
            return false
        }
        return true
    }

    private mutating func codeURI(_ resource: Resource) -> String? {
        guard let value = property(resource, "CodeUri"), !value.isUnknown else { return nil }
        guard let uri = value.text, !uri.hasPrefix("s3://") else {
            if executableProduct(resource) == nil {
                report(
                    .unsupportedProperty, at: value.position,
                    "code that is in S3 can't be run locally; CodeUri must be a folder with a bootstrap in it")
            }
            return nil
        }
        return uri
    }

    private mutating func executableProduct(_ resource: Resource) -> String? {
        guard let node = resource.node["Metadata"]?["Turntable"] else { return nil }
        let value = evaluate(node)
        check(value, MappingShape(subject: "Metadata.Turntable of a function", used: ["Executable"]))
        guard let product = text(value["Executable"], "Executable") else { return nil }
        guard !product.isEmpty, !product.contains("/"), product != ".", product != ".." else {
            report(
                .invalidValue, at: value["Executable"]?.position ?? value.position,
                "Executable is the name of a product of the build, without a folder")
            return nil
        }
        return product
    }

    private mutating func architecture(_ resource: Resource) -> String {
        guard let value = property(resource, "Architectures") else { return "x86_64" }
        let names = elements(value, "Architectures").compactMap(\.text)
        guard names.count == 1, let name = names.first, ["x86_64", "arm64"].contains(name) else {
            if !value.isIncomplete {
                report(.invalidValue, at: value.position, "Architectures is a list of x86_64 or arm64")
            }
            return "x86_64"
        }
        return name
    }

    private mutating func environment(_ resource: Resource) -> [String: String] {
        guard let value = property(resource, "Environment") else { return [:] }
        check(value, MappingShape(subject: "Environment", used: ["Variables"]))
        var variables: [String: String] = [:]
        for member in members(value["Variables"], "Variables") {
            let bytes = member.key.utf8
            guard bytes.allSatisfy({ $0.isAlphanumeric || $0 == UInt8(ascii: "_") }), bytes.count > 1 else {
                report(
                    .invalidValue, at: member.keyPosition,
                    "the name of an environment variable has letters, digits and _, two at least")
                continue
            }
            if let text = text(member.value, member.key) { variables[member.key] = text }
        }
        return variables
    }

    private mutating func asynchronousInvocation(_ resource: Resource) -> Application.AsynchronousInvocation {
        var result = Application.AsynchronousInvocation()
        if let queue = property(resource, "DeadLetterQueue") {
            check(queue, MappingShape(subject: "DeadLetterQueue", used: ["Type", "TargetArn"]))
            result.deadLetterARN = text(queue["TargetArn"], "TargetArn")
        }
        guard let config = property(resource, "EventInvokeConfig") else { return result }
        check(
            config,
            MappingShape(
                subject: "EventInvokeConfig",
                used: ["DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"]))
        if let attempts = integer(config["MaximumRetryAttempts"], "MaximumRetryAttempts", in: 0...2) {
            result.maximumRetryAttempts = attempts
        }
        if let age = integer(config["MaximumEventAgeInSeconds"], "MaximumEventAgeInSeconds", in: 60...21_600) {
            result.maximumEventAgeSeconds = age
        }
        if let destinations = config["DestinationConfig"] {
            check(destinations, MappingShape(subject: "DestinationConfig", used: ["OnFailure", "OnSuccess"]))
            result.onSuccess = destination(destinations["OnSuccess"], "OnSuccess")
            result.onFailure = destination(destinations["OnFailure"], "OnFailure")
        }
        return result
    }

    private mutating func destination(_ value: TemplateValue?, _ name: String) -> Application.Destination? {
        guard let value else { return nil }
        check(value, MappingShape(subject: name, used: ["Destination", "Type"]))
        guard let arn = text(value["Destination"], "Destination") else {
            if value["Destination"] == nil, !value.isUnknown {
                report(
                    .missingProperty, at: value.position,
                    "\(name) has no Destination; queues and topics that SAM would make are not supported")
            }
            return nil
        }
        let kinds: [(service: String, kind: Application.Destination.Kind)] = [
            ("lambda", .function), ("sqs", .queue), ("sns", .topic), ("events", .eventBus), ("s3", .bucket),
        ]
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 6, let kind = kinds.first(where: { $0.service == parts[2] })?.kind else {
            report(
                .unknownTarget, at: value.position,
                "a destination is the ARN of a function, queue, topic, event bus or bucket")
            return nil
        }
        if kind == .bucket {
            report(
                .unsupportedProperty, at: value.position,
                "records of invocations are not put into buckets in a local run; queues, topics, functions and event buses "
                    + "get them")
        }
        if kind == .function { pendingFunctions.append((logicalID, arn, value.position)) }
        return Application.Destination(kind: kind, arn: arn)
    }
}

import YAML

extension TemplateReader {
    private static let bucketShape = MappingShape(
        subject: "a bucket", used: ["BucketName", "NotificationConfiguration"],
        ignored: [
            "AbacStatus", "AccelerateConfiguration", "AccessControl", "AnalyticsConfigurations", "BucketEncryption",
            "CorsConfiguration", "IntelligentTieringConfigurations", "InventoryConfigurations",
            "LifecycleConfiguration",
            "LoggingConfiguration", "MetadataConfiguration", "MetadataTableConfiguration", "MetricsConfigurations",
            "OwnershipControls", "PublicAccessBlockConfiguration", "Tags", "WebsiteConfiguration",
        ],
        missing: [
            "ObjectLockConfiguration", "ObjectLockEnabled", "ReplicationConfiguration", "VersioningConfiguration",
        ],
        refused: ["BucketNamePrefix", "BucketNamespace"])

    mutating func readBucket(_ resource: Resource) {
        checkProperties(of: resource, TemplateReader.bucketShape)
        guard let name = checkedName(of: resource, .bucket) else { return }
        var bucket = Application.Bucket(
            logicalID: resource.logicalID, name: name, arn: account.bucketARN(name), notifications: [],
            sendsToEventBridge: false, position: place(resource.position))
        if let configuration = property(resource, "NotificationConfiguration") {
            check(
                configuration,
                MappingShape(
                    subject: "NotificationConfiguration", used: ["LambdaConfigurations", "EventBridgeConfiguration"],
                    missing: ["QueueConfigurations", "TopicConfigurations"]))
            if let bridge = configuration["EventBridgeConfiguration"] {
                check(bridge, MappingShape(subject: "EventBridgeConfiguration", used: ["EventBridgeEnabled"]))
                // Enabled is what the mapping says by being there.
                bucket.sendsToEventBridge = bool(bridge["EventBridgeEnabled"], "EventBridgeEnabled") ?? true
            }
            for value in elements(configuration["LambdaConfigurations"], "LambdaConfigurations") {
                check(value, MappingShape(subject: "a LambdaConfiguration", used: ["Event", "Filter", "Function"]))
                guard let event = text(value["Event"], "Event"), let function = value["Function"] else {
                    report(.missingProperty, at: value.position, "a LambdaConfiguration has an Event and a Function")
                    continue
                }
                guard let arn = text(function, "Function") else { continue }
                pendingFunctions.append((logicalID, arn, function.position))
                let filter = notificationFilter(value["Filter"])
                bucket.notifications.append(
                    Application.Notification(
                        events: [event], prefix: filter.prefix, suffix: filter.suffix, functionARN: arn,
                        position: place(value.position)))
            }
        }
        application.buckets.append(bucket)
    }

    /// Prefix and suffix of `{S3Key: {Rules: [{Name: prefix, Value: ...}]}}`.
    mutating func notificationFilter(_ value: TemplateValue?) -> (prefix: String, suffix: String) {
        var filter = (prefix: "", suffix: "")
        guard let value else { return filter }
        check(value, MappingShape(subject: "Filter", used: ["S3Key"]))
        guard let key = value["S3Key"] else { return filter }
        check(key, MappingShape(subject: "S3Key", used: ["Rules"]))
        var seen: Set<String> = []
        for rule in elements(key["Rules"], "Rules") {
            check(rule, MappingShape(subject: "a filter rule", used: ["Name", "Value"]))
            guard let name = text(rule["Name"], "Name")?.lowercased(), ["prefix", "suffix"].contains(name),
                let text = text(rule["Value"], "Value")
            else {
                report(.invalidValue, at: rule.position, "a filter rule has the Name prefix or suffix, and a Value")
                continue
            }
            guard seen.insert(name).inserted else {
                report(.invalidValue, at: rule.position, "a filter has one \(name) at most")
                continue
            }
            if name == "prefix" { filter.prefix = text } else { filter.suffix = text }
        }
        return filter
    }

    private static let tableShape = MappingShape(
        subject: "a table",
        used: [
            "AttributeDefinitions", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes", "TableName",
            "TimeToLiveSpecification",
        ],
        ignored: [
            "BillingMode", "ContributorInsightsSpecification", "DeletionProtectionEnabled", "OnDemandThroughput",
            "PointInTimeRecoverySpecification", "ProvisionedThroughput", "ResourcePolicy", "SSESpecification",
            "TableClass",
            "Tags", "WarmThroughput",
        ],
        missing: ["ImportSourceSpecification", "KinesisStreamSpecification", "StreamSpecification"])

    mutating func readTable(_ resource: Resource) {
        checkProperties(of: resource, TemplateReader.tableShape)
        let attributes = attributeDefinitions(resource)
        var used: Set<String> = []
        let schema = resource.properties?["KeySchema"].map { evaluate($0) }
        guard let schema else {
            report(.missingProperty, at: resource.position, "the table has no KeySchema")
            return
        }
        guard let name = checkedName(of: resource, .table), let key = key(schema, attributes, &used) else { return }
        var table = Application.Table(
            logicalID: resource.logicalID, name: name, arn: account.tableARN(name), key: key, indexes: [],
            timeToLiveAttribute: nil, position: place(resource.position))
        let kinds: [(String, Application.Index.Kind)] = [
            ("GlobalSecondaryIndexes", .global), ("LocalSecondaryIndexes", .local),
        ]
        for (property, kind) in kinds {
            for value in elements(self.property(resource, property), property) {
                guard let index = index(value, kind, attributes, &used) else { continue }
                table.indexes.append(index)
            }
        }
        if let expiry = property(resource, "TimeToLiveSpecification"),
            bool(expiry["Enabled"], "Enabled") ?? false
        {
            table.timeToLiveAttribute = text(expiry["AttributeName"], "AttributeName")
        }
        for (name, definition) in attributes.sorted(by: { $0.key < $1.key }) where !used.contains(name) {
            report(
                .invalidValue, at: definition.position,
                "the attribute \(name) is defined, but is no part of a key; DynamoDB refuses that")
        }
        application.tables.append(table)
    }

    private typealias Attributes = [String: (kind: Application.Attribute.Kind, position: YAMLPosition)]

    private mutating func attributeDefinitions(_ resource: Resource) -> Attributes {
        var attributes: Attributes = [:]
        for value in elements(property(resource, "AttributeDefinitions"), "AttributeDefinitions") {
            guard let name = text(value["AttributeName"], "AttributeName") else { continue }
            let spelling = text(value["AttributeType"], "AttributeType") ?? ""
            guard let kind = Application.Attribute.Kind(rawValue: spelling) else {
                report(.invalidValue, at: value.position, "the type of the attribute \(name) is one of S, N and B")
                continue
            }
            attributes[name] = (kind, value.position)
        }
        return attributes
    }

    private mutating func key(
        _ schema: TemplateValue, _ attributes: Attributes, _ used: inout Set<String>
    ) -> Application.Key? {
        if schema.isIncomplete { return nil }
        var partition: Application.Attribute?
        var sort: Application.Attribute?
        for value in elements(schema, "KeySchema") {
            guard let name = text(value["AttributeName"], "AttributeName") else { continue }
            used.insert(name)
            guard let definition = attributes[name] else {
                report(
                    .unknownReference, at: value.position,
                    "the key's attribute \(name) is not among the AttributeDefinitions")
                continue
            }
            let attribute = Application.Attribute(name: name, kind: definition.kind)
            switch text(value["KeyType"], "KeyType") {
            case "HASH" where partition == nil: partition = attribute
            case "RANGE" where sort == nil: sort = attribute
            default:
                report(
                    .invalidValue, at: value.position, "a key has one HASH attribute and at most one RANGE attribute")
            }
        }
        guard let partition else {
            report(.invalidValue, at: schema.position, "a KeySchema has an attribute of KeyType HASH")
            return nil
        }
        return Application.Key(partition: partition, sort: sort)
    }

    private mutating func index(
        _ value: TemplateValue, _ kind: Application.Index.Kind, _ attributes: Attributes, _ used: inout Set<String>
    ) -> Application.Index? {
        check(
            value,
            MappingShape(
                subject: "an index", used: ["IndexName", "KeySchema", "Projection"],
                ignored: [
                    "ContributorInsightsSpecification", "OnDemandThroughput", "ProvisionedThroughput", "WarmThroughput",
                ]))
        guard let name = text(value["IndexName"], "IndexName"), let schema = value["KeySchema"] else {
            report(.missingProperty, at: value.position, "an index has an IndexName and a KeySchema")
            return nil
        }
        guard let key = key(schema, attributes, &used) else { return nil }
        let projection: Application.Index.Projection
        switch text(value["Projection"]?["ProjectionType"], "ProjectionType") {
        case "KEYS_ONLY": projection = .keysOnly
        case "INCLUDE":
            projection = .include(
                elements(value["Projection"]?["NonKeyAttributes"], "NonKeyAttributes").compactMap(\.text))
        case "ALL": projection = .all
        default:
            report(
                .missingProperty, at: value.position,
                "the index \(name) has a Projection with the ProjectionType ALL, KEYS_ONLY or INCLUDE")
            return nil
        }
        return Application.Index(name: name, kind: kind, key: key, projection: projection)
    }

    mutating func readSimpleTable(_ resource: Resource) {
        checkProperties(
            of: resource,
            MappingShape(
                subject: "a simple table", used: ["PrimaryKey", "TableName"],
                ignored: ["PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification", "Tags"]))
        guard let name = checkedName(of: resource, .table) else { return }
        var attribute = Application.Attribute(name: "id", kind: .string)
        if let key = property(resource, "PrimaryKey") {
            let kinds: [String: Application.Attribute.Kind] = ["String": .string, "Number": .number, "Binary": .binary]
            let spelling = text(key["Type"], "Type") ?? "String"
            guard let kind = kinds[spelling] else {
                report(.invalidValue, at: key.position, "the Type of a PrimaryKey is String, Number or Binary")
                return
            }
            attribute = Application.Attribute(name: text(key["Name"], "Name") ?? "id", kind: kind)
        }
        application.tables.append(
            Application.Table(
                logicalID: resource.logicalID, name: name, arn: account.tableARN(name),
                key: Application.Key(partition: attribute, sort: nil), indexes: [], timeToLiveAttribute: nil,
                position: place(resource.position)))
    }
}

package import JSON

/// What identifies a table's items: its name, its key attributes, its indexes.
public struct TableSchema: Sendable, Hashable {
    public let name: String
    public let partitionKey: String
    public let sortKey: String?
    public let indexes: [IndexSchema]
    /// The types of key attributes of the table and its indexes; those not named here are strings.
    public let keyTypes: [String: KeyType]

    public init(
        name: String, partitionKey: String, sortKey: String? = nil, indexes: [IndexSchema] = [],
        keyTypes: [String: KeyType] = [:]
    ) {
        self.name = name
        self.partitionKey = partitionKey
        self.sortKey = sortKey
        self.indexes = indexes
        self.keyTypes = keyTypes
    }

    /// The types a key attribute can have; the raw value is DynamoDB's tag.
    public enum KeyType: String, Sendable, Hashable {
        case string = "S"
        case number = "N"
        case binary = "B"
    }
}

/// A second order of a table's items (DynamoDB's global secondary index), kept up in the same transaction.
///
/// Items without the index's key attributes are not in it. Items of equal index keys are all in it.
public struct IndexSchema: Sendable, Hashable {
    public let name: String
    public let partitionKey: String
    public let sortKey: String?

    public init(name: String, partitionKey: String, sortKey: String? = nil) {
        self.name = name
        self.partitionKey = partitionKey
        self.sortKey = sortKey
    }
}

/// The values of an item's key attributes.
public struct TableKey: Sendable, Hashable {
    public let partition: AttributeValue
    /// The sort key's value; nil exactly when the table has no sort key.
    public let sort: AttributeValue?

    public init(partition: AttributeValue, sort: AttributeValue? = nil) {
        self.partition = partition
        self.sort = sort
    }
}

extension TableSchema {
    /// DynamoDB's CreateTable request for this schema, paid by request, its indexes holding whole items.
    package var creation: JSONObject {
        func keys(_ partition: String, _ sort: String?) -> JSONValue {
            var keys: [JSONValue] = [["AttributeName": .string(partition), "KeyType": "HASH"]]
            if let sort { keys.append(["AttributeName": .string(sort), "KeyType": "RANGE"]) }
            return .array(keys)
        }
        var names = [partitionKey, sortKey].compactMap(\.self)
        for index in indexes {
            for name in [index.partitionKey, index.sortKey].compactMap(\.self) where !names.contains(name) {
                names.append(name)
            }
        }
        var request: JSONObject = [
            "TableName": .string(name), "KeySchema": keys(partitionKey, sortKey), "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": .array(
                names.map {
                    ["AttributeName": .string($0), "AttributeType": .string((keyTypes[$0] ?? .string).rawValue)]
                }),
        ]
        if !indexes.isEmpty {
            request["GlobalSecondaryIndexes"] = .array(
                indexes.map {
                    [
                        "IndexName": .string($0.name), "KeySchema": keys($0.partitionKey, $0.sortKey),
                        "Projection": ["ProjectionType": "ALL"],
                    ]
                })
        }
        return request
    }
}

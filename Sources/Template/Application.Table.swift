extension Application {
    /// A DynamoDB table.
    package struct Table: Sendable, Hashable {
        package var logicalID: String
        package var name: String
        package var arn: String
        package var key: Key
        package var indexes: [Index]
        /// The attribute whose number of seconds is an item's end of life.
        package var timeToLiveAttribute: String?
        package var position: TemplatePosition

        package init(
            logicalID: String, name: String, arn: String, key: Key, indexes: [Index],
            timeToLiveAttribute: String? = nil, position: TemplatePosition
        ) {
            self.logicalID = logicalID
            self.name = name
            self.arn = arn
            self.key = key
            self.indexes = indexes
            self.timeToLiveAttribute = timeToLiveAttribute
            self.position = position
        }
    }

    /// The key of a table or an index.
    package struct Key: Sendable, Hashable {
        package var partition: Attribute
        package var sort: Attribute?

        package init(partition: Attribute, sort: Attribute? = nil) {
            self.partition = partition
            self.sort = sort
        }
    }

    /// A key's attribute and its type.
    package struct Attribute: Sendable, Hashable {
        /// A type that a key can have.
        package enum Kind: String, Sendable, Hashable {
            case string = "S"
            case number = "N"
            case binary = "B"
        }

        package var name: String
        package var kind: Kind

        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// A secondary index.
    package struct Index: Sendable, Hashable {
        package enum Kind: Sendable, Hashable { case global, local }
        package enum Projection: Sendable, Hashable { case all, keysOnly, include([String]) }

        package var name: String
        package var kind: Kind
        package var key: Key
        package var projection: Projection

        package init(name: String, kind: Kind, key: Key, projection: Projection) {
            self.name = name
            self.kind = kind
            self.key = key
            self.projection = projection
        }
    }
}

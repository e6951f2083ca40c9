import JSON
import Storage

/// The parameters of a request, read as DynamoDB reads them.
struct TableParameters {
    private let object: JSONObject

    /// - Parameter known: What is understood here; anything else is refused by name.
    init(_ parameters: JSONValue, _ known: Set<String>) throws(TableFailure) {
        object = parameters.objectValue ?? [:]
        for (name, value) in object where !known.contains(name) && !value.isNull {
            // What only asks for nothing.
            if ["ReturnConsumedCapacity", "ReturnItemCollectionMetrics"].contains(name), value == "NONE" { continue }
            throw .invalid("\(name) is not supported here")
        }
    }

    /// A parameter; nil when it is absent or null.
    subscript(name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    /// A parameter that must be there.
    func required(_ name: String) throws(TableFailure) -> JSONValue {
        guard let value = self[name] else {
            throw .invalid(
                "1 validation error detected: Value null at '\(TableParameters.lowered(name))' failed to satisfy constraint: "
                    + "Member must not be null")
        }
        return value
    }

    private static func lowered(_ name: String) -> String { name.prefix(1).lowercased() + name.dropFirst() }

    /// The table's name; of an ARN, the name in it.
    func tableName() throws(TableFailure) -> String {
        guard let name = try required("TableName").stringValue else { throw .invalid("TableName is no text") }
        if name.hasPrefix("arn:"), let slash = name.lastIndex(of: "/") {
            return String(name[name.index(after: slash)...])
        }
        let isAllowed = name.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    || "_.-".unicodeScalars.contains(scalar))
        }
        guard isAllowed, !name.isEmpty else {
            throw .invalid(
                "1 validation error detected: Value '\(name)' at 'tableName' failed to satisfy constraint: Member must "
                    + "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
        }
        return name
    }

    func text(_ name: String) throws(TableFailure) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.stringValue else { throw .invalid("\(name) must be text") }
        return text
    }

    func flag(_ name: String) throws(TableFailure) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let flag = value.boolValue else { throw .invalid("\(name) must be true or false") }
        return flag
    }

    /// A count of at least one.
    func count(_ name: String) throws(TableFailure) -> Int? {
        guard let value = self[name] else { return nil }
        guard let count = value.intValue else { throw .invalid("\(name) must be a whole number") }
        guard count >= 1 else {
            throw .invalid(
                "1 validation error detected: Value '\(count)' at '\(TableParameters.lowered(name))' failed to satisfy "
                    + "constraint: Member must have value greater than or equal to 1")
        }
        return count
    }

    /// One of the words that a parameter may be.
    func choice(_ name: String, _ choices: [String]) throws(TableFailure) -> String? {
        guard let text = try text(name) else { return nil }
        if choices.contains(text) { return text }
        if name == "ReturnValues", ["UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"].contains(text) {
            throw .invalid("Return values set to invalid value")
        }
        throw .invalid(
            "1 validation error detected: Value '\(text)' at '\(TableParameters.lowered(name))' failed to satisfy "
                + "constraint: Member must satisfy enum value set: [\(choices.joined(separator: ", "))]")
    }

    // MARK: Expressions

    /// What the placeholders stand for.
    ///
    /// - Parameter expressions: The parameters that may use them; one of them must be there when placeholders are.
    func bindings(of expressions: [String]) throws -> ExpressionBindings {
        for parameter in ["ExpressionAttributeNames", "ExpressionAttributeValues"]
        where self[parameter] != nil && expressions.allSatisfy({ self[$0] == nil }) {
            throw TableFailure.invalid(
                "\(parameter) can only be specified when using expressions: "
                    + "\(expressions.joined(separator: " and ")) \(expressions.count == 1 ? "is" : "are") null")
        }
        var names: [String: String]?
        if let object = self["ExpressionAttributeNames"]?.objectValue {
            names = [:]
            for (key, name) in object {
                guard let name = name.stringValue else {
                    throw TableFailure.invalid("ExpressionAttributeNames contains invalid value for key \(key)")
                }
                names?[key] = name
            }
        }
        var values: [String: AttributeValue]?
        if let object = self["ExpressionAttributeValues"]?.objectValue {
            values = [:]
            for (key, json) in object {
                do {
                    values?[key] = try AttributeReader.value(json)
                } catch {
                    throw TableFailure.invalid(
                        "ExpressionAttributeValues contains invalid value: \(error.message) for key \(key)")
                }
            }
        }
        return try ExpressionBindings(names: names, values: values)
    }
}

/// A request on one table.
struct TableRequest {
    let table: any Table
    let fields: TableParameters

    private static let schemaMismatch = TableFailure.invalid("The provided key element does not match the schema")

    private var keyNames: [String] { [table.schema.partitionKey] + (table.schema.sortKey.map { [$0] } ?? []) }

    func key(_ name: String = "Key") throws(TableFailure) -> TableKey { try key(of: try fields.required(name)) }

    /// A key in typed JSON: the key's attributes and no others.
    func key(of json: JSONValue) throws(TableFailure) -> TableKey {
        let item = try AttributeReader.item(json)
        guard item.count == keyNames.count else {
            throw .invalid("The number of conditions on the keys is invalid")
        }
        for name in keyNames {
            guard item[name]?.typeTag == (table.schema.keyTypes[name] ?? .string).rawValue else {
                throw Self.schemaMismatch
            }
        }
        return try key(in: item)
    }

    /// The item to be put: with its key.
    func item() throws(TableFailure) -> Item { try item(of: try fields.required("Item")) }

    func item(of json: JSONValue) throws(TableFailure) -> Item {
        let item = try AttributeReader.item(json)
        for name in keyNames {
            guard let value = item[name] else {
                throw .invalid("One or more parameter values were invalid: Missing the key \(name) in the item")
            }
            let type = (table.schema.keyTypes[name] ?? .string).rawValue
            guard value.typeTag == type else {
                throw .invalid(
                    "One or more parameter values were invalid: Type mismatch for key \(name) expected: \(type) "
                        + "actual: \(value.typeTag)")
            }
        }
        _ = try key(in: item)
        return item
    }

    private func key(in item: Item) throws(TableFailure) -> TableKey {
        for name in keyNames {
            let kind: String? =
                switch item[name] {
                case .string("")?: "string"
                case .binary(let bytes)? where bytes.isEmpty: "binary"
                default: nil
                }
            if let kind {
                throw .invalid(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                        + "empty \(kind) value. Key: \(name)")
            }
        }
        guard let partition = item[table.schema.partitionKey] else { throw Self.schemaMismatch }
        return TableKey(partition: partition, sort: table.schema.sortKey.flatMap { item[$0] })
    }

    func checkKeyIsKept(by update: UpdateExpression) throws(TableFailure) {
        for name in keyNames where update.writtenAttributes.contains(name) {
            throw .invalid(
                "One or more parameter values were invalid: Cannot update attribute \(name). "
                    + "This attribute is part of the key")
        }
    }
}

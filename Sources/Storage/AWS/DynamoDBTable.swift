package import AWSClient
import JSON

/// A table of Amazon DynamoDB, or of what speaks its protocol; it and its indexes are made by who deploys.
///
/// - Reads of the table are strongly consistent and see every write that has returned. An index is brought up to date some
///   moments after a write: DynamoDB has no consistent reads of global secondary indexes.
/// - What can't be an item or key is refused here, with the rules of every other table, before DynamoDB is asked.
/// - Throttling is waited out within the time that a call has (``RetryPolicy/deadline``), then it is `.throttled`.
/// - An `update` that adds to numbers isn't repeated when the answer to it was lost: it might add twice. A conditional
///   `update` or `delete` is, but when its condition then fails, nobody knows for what, and the code is `.io`.
package final class DynamoDBTable: Table {
    package let schema: TableSchema
    let client: DynamoDBClient

    package init(_ schema: TableSchema, _ client: DynamoDBClient) {
        self.schema = schema
        self.client = client
    }

    func rules(_ operation: String) -> TableRules { TableRules(schema: schema, operation: operation) }

    /// Makes a call and says in this module's terms what went wrong.
    func call(
        _ operation: String, _ body: JSONObject, _ rules: TableRules, isRepeatable: Bool = true
    ) async throws -> DynamoDBClient.Answer {
        do {
            return try await client.call(operation, body, table: schema.name, isRepeatable: isRepeatable)
        } catch let error as AWSError {
            if error.code == "ConditionalCheckFailedException", error.mayHaveHappened {
                throw TableError(
                    .io, operation: rules.operation, table: schema.name,
                    detail:
                        "no answer came to an earlier attempt, after which the condition may no longer hold; read the"
                        + " item and decide", cause: error)
            }
            throw TableError(error, rules)
        }
    }

    func item(_ json: JSONValue, _ rules: TableRules) throws(TableError) -> Item {
        guard let item = Item(typedJSON: json) else {
            throw rules.error(.corrupt, "an item has a value of a type that isn't supported, such as a set")
        }
        // Numbers in their shortest spelling, however DynamoDB or who wrote them spells them.
        return item.mapValues(\.withShortestNumbers)
    }

    func keyJSON(_ key: TableKey, _ rules: TableRules) throws(TableError) -> JSONValue {
        _ = try rules.encoded(key)
        var item: Item = [schema.partitionKey: key.partition.withShortestNumbers]
        if let name = schema.sortKey { item[name] = key.sort?.withShortestNumbers }
        return item.typedJSON
    }

    private func request(_ members: JSONObject = [:]) -> JSONObject {
        var request: JSONObject = ["TableName": .string(schema.name)]
        for (name, value) in members { request[name] = value }
        return request
    }

    // MARK: Single items

    package func get(_ key: TableKey) async throws -> Item? {
        let rules = rules("get")
        let body = request(["Key": try keyJSON(key, rules), "ConsistentRead": true])
        return try await call("GetItem", body, rules).json["Item"].map { try item($0, rules) }
    }

    package func put(_ item: Item, condition: Condition?) async throws {
        let rules = rules("put")
        let stored = try checked(item, rules)
        var body = request(["Item": stored.typedJSON])
        addCondition(condition, to: &body)
        if condition != nil { body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD" }
        do {
            _ = try await client.call("PutItem", body, table: schema.name)
        } catch let error as AWSError {
            // The condition may fail for what an earlier attempt of this very write left.
            if error.code == "ConditionalCheckFailedException", error.mayHaveHappened,
                (try? await get(try rules.key(of: stored))) == stored
            {
                return
            }
            throw TableError(error, rules)
        }
    }

    package func delete(_ key: TableKey, condition: Condition?) async throws {
        let rules = rules("delete")
        var body = request(["Key": try keyJSON(key, rules)])
        addCondition(condition, to: &body)
        _ = try await call("DeleteItem", body, rules)
    }

    package func update(
        _ key: TableKey, set: Item, add: [String: Int], remove: [String], condition: Condition?
    ) async throws -> Item {
        let rules = rules("update")
        var body = request(["Key": try keyJSON(key, rules), "ReturnValues": "ALL_NEW"])
        try addUpdate(set, add, remove, condition, to: &body, rules)
        let answer = try await call("UpdateItem", body, rules, isRepeatable: add.isEmpty)
        return try item(answer.json["Attributes"] ?? [:], rules)
    }

    // MARK: Parts of requests

    /// The item in the form in which it is sent, or an error when no table can hold it.
    func checked(_ item: Item, _ rules: TableRules) throws(TableError) -> Item {
        let stored = try rules.storable(item)
        _ = try rules.encoded(rules.key(of: stored))
        return stored
    }

    func addCondition(_ condition: Condition?, to body: inout JSONObject) {
        guard let condition else { return }
        var builder = ExpressionBuilder()
        body["ConditionExpression"] = .string(builder.condition(condition, anyName: schema.partitionKey))
        builder.give(to: &body)
    }

    func addUpdate(
        _ set: Item, _ add: [String: Int], _ remove: [String], _ condition: Condition?, to body: inout JSONObject,
        _ rules: TableRules
    ) throws(TableError) {
        try rules.checkNames(set, add, remove)
        let set = try rules.storable(set)
        for (name, value) in set where schema.keyTypes[name] != nil || isIndexKey(name) {
            _ = try rules.encodedPartition(value, name)
        }
        var builder = ExpressionBuilder()
        var clauses: [String] = []
        // In order, so that equal updates are equal requests.
        let assignments = set.sorted { $0.key < $1.key }.map { "\(builder.name($0.key)) = \(builder.value($0.value))" }
        if !assignments.isEmpty { clauses.append("SET " + assignments.joined(separator: ", ")) }
        let additions = add.sorted { $0.key < $1.key }.map {
            "\(builder.name($0.key)) \(builder.value(.int($0.value)))"
        }
        if !additions.isEmpty { clauses.append("ADD " + additions.joined(separator: ", ")) }
        let removals = remove.map { builder.name($0) }
        if !removals.isEmpty { clauses.append("REMOVE " + removals.joined(separator: ", ")) }
        if !clauses.isEmpty { body["UpdateExpression"] = .string(clauses.joined(separator: " ")) }
        if let condition {
            body["ConditionExpression"] = .string(builder.condition(condition, anyName: schema.partitionKey))
        }
        builder.give(to: &body)
    }

    private func isIndexKey(_ name: String) -> Bool {
        schema.indexes.contains { $0.partitionKey == name || $0.sortKey == name }
    }
}

extension AttributeValue {
    /// The value with every number in it as ``DecimalNumber`` spells it.
    var withShortestNumbers: AttributeValue {
        switch self {
        case .number(let spelling): .number(DecimalNumber(spelling)?.spelling ?? spelling)
        case .list(let elements): .list(elements.map(\.withShortestNumbers))
        case .map(let members): .map(members.mapValues(\.withShortestNumbers))
        default: self
        }
    }
}

extension TableError {
    /// The meaning of DynamoDB's errors (Developer Guide, "Error handling with DynamoDB").
    init(_ error: AWSError, _ rules: TableRules) {
        let code: Code
        let detail: String
        switch error.code {
        case "ConditionalCheckFailedException":
            (code, detail) = (.conditionFailed(index: 0), "the condition does not hold of the item, or there is none")
        case "TransactionCanceledException": (code, detail) = TableError.cancelled(error.cancellationReasons)
        case "ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
            "TooManyRequestsException", "Throttling", "SlowDown", "TransactionInProgressException",
            "TransactionConflictException":
            (code, detail) = (.throttled, "DynamoDB asks for fewer requests; try again later")
        case "ItemCollectionSizeLimitExceededException":
            (code, detail) = (.tooLarge, "the partition of a local index would be over 10 GB")
        case "ResourceNotFoundException":
            code = .schemaMismatch
            detail =
                "there is no such table or index; deploy the template, or check the name, the region and the account"
        case "ValidationException": (code, detail) = TableError.invalid(error.detail)
        case "AccessDeniedException", "UnrecognizedClientException", "MissingAuthenticationToken",
            "InvalidSignatureException":
            (code, detail) = (.readOnly, "AWS refused; check the credentials and the function's policy")
        default:
            (code, detail) = (.io, error.kind == .service ? "DynamoDB failed" : "DynamoDB could not be asked")
        }
        self.init(code, operation: rules.operation, table: rules.schema.name, detail: detail, cause: error)
    }

    private static func cancelled(_ reasons: [String]) -> (Code, String) {
        if let place = reasons.firstIndex(of: "ConditionalCheckFailed") {
            return (.conditionFailed(index: place), "the condition of write \(place) does not hold")
        }
        switch reasons.first(where: { $0 != "None" }) {
        case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
            return (.throttled, "DynamoDB is busy with other writes of these items; try again later")
        case "ItemCollectionSizeLimitExceeded": return (.tooLarge, "a partition would be over 10 GB")
        case "ValidationError": return (.invalidItem, "a write makes an item that can't be")
        default: return (.io, "the transaction was cancelled")
        }
    }

    /// DynamoDB has one code for all that is wrong with a request; its words tell them apart.
    private static func invalid(_ words: String) -> (Code, String) {
        if words.contains("size") && (words.contains("exceed") || words.contains("maximum")) {
            return (.tooLarge, "the item would be over 400 KB")
        }
        for part in ["incorrect data type", "type mismatch", "Number overflow", "significant digits", "numeric value"]
        where words.contains(part) {
            return (.invalidItem, "a number would be out of range, or is added to something that is none")
        }
        if words.contains("index key") || words.contains("Index Key") {
            return (.invalidKey, "an attribute that is an index's key has another type than it")
        }
        return (.invalidRequest, "DynamoDB does not take the request")
    }
}

import JSON
import StatesLanguage
import Storage

/// DynamoDB's actions over the router's tables, with its expressions and its errors.
///
/// What writes under a condition reads the item, works out what the request makes of it, and writes that under the condition
/// that everything it depended on is still as it was read; else it begins again. So a ``Table`` needs to know no expressions,
/// and what a request answers was true at one moment.
struct TableService: Sendable {
    static let actions = Set(
        ["getItem", "putItem", "deleteItem", "updateItem"].flatMap { ["dynamodb:\($0)", "aws-sdk:dynamodb:\($0)"] }
            + [
                "query", "scan", "batchGetItem", "batchWriteItem", "transactGetItems", "transactWriteItems",
            ].map { "aws-sdk:dynamodb:\($0)" })

    /// The table of a name; nil when there is none.
    let table: @Sendable (String) -> (any Table)?

    func answer(
        _ integration: ServiceIntegration, _ parameters: JSONValue, requestID: String
    ) async throws(StateError) -> JSONValue {
        let isOptimized = integration.service == "dynamodb"
        do {
            let answer = try await answer(integration.action, parameters)
            return isOptimized ? .serviceAnswer(answer, requestID: requestID) : .object(answer)
        } catch {
            throw TableFailure(error).stateError(isOptimized: isOptimized, requestID: requestID)
        }
    }

    private func answer(_ action: String, _ parameters: JSONValue) async throws -> JSONObject {
        switch action {
        case "getItem": try await getItem(parameters)
        case "putItem": try await putItem(parameters)
        case "deleteItem": try await deleteItem(parameters)
        case "updateItem": try await updateItem(parameters)
        case "query": try await query(parameters)
        case "scan": try await scan(parameters)
        case "batchGetItem": try await batchGetItem(parameters)
        case "batchWriteItem": try await batchWriteItem(parameters)
        case "transactGetItems": try await transactGetItems(parameters)
        case "transactWriteItems": try await transactWriteItems(parameters)
        default: throw TableFailure.invalid("The action \(action) is not supported here")
        }
    }

    /// Opens a request: its parameters must be known, what it requires must be given, and then its table be there.
    func request(
        _ parameters: JSONValue, _ known: Set<String>, required: String? = nil
    ) throws -> TableRequest {
        let fields = try TableParameters(parameters, known.union(["TableName"]))
        let name = try fields.tableName()
        if let required { _ = try fields.required(required) }
        return TableRequest(table: try table(named: name), fields: fields)
    }

    func table(named name: String) throws(TableFailure) -> any Table {
        guard let table = table(name) else {
            throw TableFailure("ResourceNotFoundException", "Requested resource not found")
        }
        return table
    }

    // MARK: Items

    private func getItem(_ parameters: JSONValue) async throws -> JSONObject {
        let known: Set = ["Key", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"]
        let request = try request(parameters, known, required: "Key")
        let key = try request.key()
        var bindings = try request.fields.bindings(of: ["ProjectionExpression"])
        let projection = try request.fields.text("ProjectionExpression").map { try bindings.projection($0) }
        try bindings.checkAllUsed()
        var answer = JSONObject()
        if let item = try await request.table.get(key) {
            answer["Item"] = (projection?.applied(to: item) ?? item).typedJSON
        }
        return answer
    }

    private static let writing: Set = [
        "ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues", "ReturnValues",
        "ReturnValuesOnConditionCheckFailure",
    ]

    private func putItem(_ parameters: JSONValue) async throws -> JSONObject {
        let request = try request(parameters, Self.writing.union(["Item"]), required: "Item")
        let write = ItemWrite.put(try request.item())
        return try await replace(request, write, ["NONE", "ALL_OLD"])
    }

    private func deleteItem(_ parameters: JSONValue) async throws -> JSONObject {
        let request = try request(parameters, Self.writing.union(["Key"]), required: "Key")
        return try await replace(request, .delete(try request.key()), ["NONE", "ALL_OLD"])
    }

    /// Puts or deletes.
    private func replace(
        _ request: TableRequest, _ write: ItemWrite, _ returnable: [String]
    ) async throws -> JSONObject {
        let returned = try request.fields.choice("ReturnValues", returnable) ?? "NONE"
        _ = try request.fields.choice("ReturnValuesOnConditionCheckFailure", ["NONE", "ALL_OLD"])
        var bindings = try request.fields.bindings(of: ["ConditionExpression"])
        let condition = try request.fields.text("ConditionExpression").map { try bindings.condition($0) }
        try bindings.checkAllUsed()
        let change = ItemChange(write: write, condition: condition, returnsOld: returned == "ALL_OLD")
        let (old, _) = try await change.carryOut(on: request.table)
        var answer = JSONObject()
        if returned == "ALL_OLD", let old { answer["Attributes"] = old.typedJSON }
        return answer
    }

    private func updateItem(_ parameters: JSONValue) async throws -> JSONObject {
        let request = try request(parameters, Self.writing.union(["Key", "UpdateExpression"]), required: "Key")
        let key = try request.key()
        let returned =
            try request.fields.choice(
                "ReturnValues", ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"]) ?? "NONE"
        _ = try request.fields.choice("ReturnValuesOnConditionCheckFailure", ["NONE", "ALL_OLD"])
        var bindings = try request.fields.bindings(of: ["UpdateExpression", "ConditionExpression"])
        let update = try request.fields.text("UpdateExpression").map { try bindings.update($0) } ?? .none
        let condition = try request.fields.text("ConditionExpression").map { try bindings.condition($0) }
        try bindings.checkAllUsed()
        try request.checkKeyIsKept(by: update)
        let change = ItemChange(write: .update(key, update), condition: condition, returnsOld: false)
        let (old, new) = try await change.carryOut(on: request.table)
        let updated = ProjectionExpression(update.paths)
        let attributes: Item? =
            switch returned {
            case "ALL_OLD": old
            case "ALL_NEW": new
            case "UPDATED_OLD": old.map { updated.applied(to: $0) }
            case "UPDATED_NEW": new.map { updated.applied(to: $0) }
            default: nil
            }
        var answer = JSONObject()
        if let attributes, !attributes.isEmpty { answer["Attributes"] = attributes.typedJSON }
        return answer
    }
}

import JSON
import Storage

/// Batches and transactions. A transaction has one table here: tables promise no more.
extension TableService {
    // MARK: Batches

    func batchGetItem(_ parameters: JSONValue) async throws -> JSONObject {
        let fields = try TableParameters(parameters, ["RequestItems"])
        let tables = try fields.required("RequestItems").objectValue ?? [:]
        var count = 0
        var requests: [(name: String, table: any Table, keys: [TableKey], projection: ProjectionExpression?)] = []
        for (name, json) in tables {
            let known: Set = ["Keys", "ProjectionExpression", "ExpressionAttributeNames", "ConsistentRead"]
            let fields = try TableParameters(json, known)
            let request = TableRequest(table: try table(named: name), fields: fields)
            var keys: [TableKey] = []
            for key in try fields.required("Keys").arrayValue ?? [] { keys.append(try request.key(of: key)) }
            try Self.checkDistinct(keys, "Provided list of item keys contains duplicates")
            count += keys.count
            var bindings = try fields.bindings(of: ["ProjectionExpression"])
            let projection = try fields.text("ProjectionExpression").map { try bindings.projection($0) }
            try bindings.checkAllUsed()
            requests.append((name, request.table, keys, projection))
        }
        guard count <= 100 else { throw TableFailure.invalid("Too many items requested for the BatchGetItem call") }
        var responses = JSONObject()
        for (name, table, keys, projection) in requests {
            let items = try await table.batchGet(keys).compactMap { $0 }
            responses[name] = .array(items.map { (projection?.applied(to: $0) ?? $0).typedJSON })
        }
        return ["Responses": .object(responses), "UnprocessedKeys": [:]]
    }

    func batchWriteItem(_ parameters: JSONValue) async throws -> JSONObject {
        let fields = try TableParameters(parameters, ["RequestItems"])
        var batches: [(table: any Table, writes: [TableWrite])] = []
        var count = 0
        for (name, json) in try fields.required("RequestItems").objectValue ?? [:] {
            let table = try table(named: name)
            let request = TableRequest(table: table, fields: try TableParameters([:], []))
            var writes: [ItemWrite] = []
            for entry in json.arrayValue ?? [] {
                let entry = try TableParameters(entry, ["PutRequest", "DeleteRequest"])
                switch (entry["PutRequest"], entry["DeleteRequest"]) {
                case (let put?, nil):
                    writes.append(.put(try request.item(of: try TableParameters(put, ["Item"]).required("Item"))))
                case (nil, let delete?):
                    writes.append(.delete(try request.key(of: try TableParameters(delete, ["Key"]).required("Key"))))
                default:
                    throw TableFailure.invalid(
                        "Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest")
                }
            }
            count += writes.count
            try Self.checkDistinct(
                writes.map { $0.key(in: table) }, "Provided list of item keys contains duplicates")
            batches.append(
                (
                    table,
                    writes.map { write in
                        if case .put(let item) = write { .put(item) } else { .delete(write.key(in: table)) }
                    }
                ))
        }
        guard count <= 25 else { throw TableFailure.invalid("Too many items requested for the BatchWriteItem call") }
        for (table, writes) in batches { try await table.batchWrite(writes) }
        return ["UnprocessedItems": [:]]
    }

    private static func checkDistinct(_ keys: [TableKey], _ message: String) throws(TableFailure) {
        guard Set(keys).count == keys.count else { throw .invalid(message) }
    }

    // MARK: Transactions

    private static let mostEntries = 100

    /// The entries of a transaction: its one table, and each entry's action and parameters.
    private func entries(
        _ parameters: JSONValue, _ known: [String: Set<String>]
    ) throws -> (table: any Table, entries: [(action: String, request: TableRequest)]) {
        let fields = try TableParameters(parameters, ["TransactItems"])
        let items = try fields.required("TransactItems").arrayValue ?? []
        guard (1...Self.mostEntries).contains(items.count) else {
            throw TableFailure.invalid(
                "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length "
                    + (items.isEmpty
                        ? "greater than or equal to 1" : "less than or equal to \(Self.mostEntries)"))
        }
        var entries: [(action: String, request: TableRequest)] = []
        for item in items {
            let members = (item.objectValue ?? [:]).filter { !$0.1.isNull }
            guard let (action, json) = members.first, members.count == 1, let known = known[action] else {
                throw TableFailure.invalid(
                    "TransactItems can only contain one of \(known.keys.sorted().joined(separator: ", "))")
            }
            entries.append((action, try request(json, known)))
        }
        guard let table = entries.first?.request.table,
            entries.allSatisfy({ $0.request.table.schema.name == table.schema.name })
        else { throw TableFailure.invalid("Transactions of more than one table are not supported here") }
        return (table, entries)
    }

    func transactGetItems(_ parameters: JSONValue) async throws -> JSONObject {
        let (table, entries) = try entries(
            parameters, ["Get": ["Key", "ProjectionExpression", "ExpressionAttributeNames"]])
        var keys: [TableKey] = []
        var projections: [ProjectionExpression?] = []
        for (_, request) in entries {
            keys.append(try request.key())
            var bindings = try request.fields.bindings(of: ["ProjectionExpression"])
            projections.append(try request.fields.text("ProjectionExpression").map { try bindings.projection($0) })
            try bindings.checkAllUsed()
        }
        try Self.checkDistinct(keys, "Transaction request cannot include multiple operations on one item")
        // What is read twice the same was there, all of it, between the two times.
        var items = try await table.batchGet(keys)
        for _ in 0..<ItemChange.maximumAttempts {
            try Task.checkCancellation()
            let again = try await table.batchGet(keys)
            guard again != items else {
                let responses = zip(items, projections).map { item, projection -> JSONValue in
                    item.map { ["Item": (projection?.applied(to: $0) ?? $0).typedJSON] } ?? [:]
                }
                return ["Responses": .array(responses)]
            }
            items = again
        }
        throw TableFailure("TransactionCanceledException", Self.cancelled(keys.map { _ in "TransactionConflict" }))
    }

    private static func cancelled(_ reasons: [String]) -> String {
        "Transaction cancelled, please refer cancellation reasons for specific reasons ["
            + reasons.joined(separator: ", ") + "]"
    }

    func transactWriteItems(_ parameters: JSONValue) async throws -> JSONObject {
        let common: Set = [
            "ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues",
            "ReturnValuesOnConditionCheckFailure",
        ]
        let (table, entries) = try entries(
            parameters,
            [
                "Put": common.union(["Item"]), "Delete": common.union(["Key"]), "ConditionCheck": common.union(["Key"]),
                "Update": common.union(["Key", "UpdateExpression"]),
            ])
        let changes = try entries.map { try Self.change($0.action, $0.request) }
        let keys = changes.map { $0.write.key(in: table) }
        try Self.checkDistinct(keys, "Transaction request cannot include multiple operations on one item")
        for _ in 0..<ItemChange.maximumAttempts {
            try Task.checkCancellation()
            let items = try await table.batchGet(keys)
            var writes: [TableWrite] = []
            var reasons: [String] = []
            for (change, (key, item)) in zip(changes, zip(keys, items)) {
                do {
                    let step = try change.step(from: item, table.schema)
                    writes.append(
                        step ?? .check(key, condition: .attributeNotExists(table.schema.partitionKey)))
                    reasons.append("None")
                } catch {
                    reasons.append(
                        TableFailure(error) == .conditionFailed ? "ConditionalCheckFailed" : "ValidationError")
                }
            }
            guard writes.count == changes.count else {
                throw TableFailure("TransactionCanceledException", Self.cancelled(reasons))
            }
            do {
                try await table.transact(writes)
                return [:]
            } catch let error as TableError where error.isConditionFailed {
                await Task.yield()
            }
        }
        throw TableFailure("TransactionCanceledException", Self.cancelled(keys.map { _ in "TransactionConflict" }))
    }

    private static func change(_ action: String, _ request: TableRequest) throws -> ItemChange {
        let fields = request.fields
        var bindings = try fields.bindings(of: ["UpdateExpression", "ConditionExpression"])
        let write: ItemWrite
        switch action {
        case "Put": write = .put(try request.item())
        case "Delete": write = .delete(try request.key())
        case "ConditionCheck":
            _ = try fields.required("ConditionExpression")
            write = .check(try request.key())
        default:
            guard case .string(let text) = try fields.required("UpdateExpression") else {
                throw TableFailure.invalid("UpdateExpression must be text")
            }
            let update = try bindings.update(text)
            try request.checkKeyIsKept(by: update)
            write = .update(try request.key(), update)
        }
        let condition = try fields.text("ConditionExpression").map { try bindings.condition($0) }
        try bindings.checkAllUsed()
        return ItemChange(write: write, condition: condition)
    }
}

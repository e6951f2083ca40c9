import AWSClient
import Clocks
import JSON

extension DynamoDBTable {
    package func batchGet(_ keys: [TableKey]) async throws -> [Item?] {
        let rules = rules("batch get")
        let encoded = try rules.encodedBatch(keys, maximumCount: TableLimits.batchGet)
        if keys.isEmpty { return [] }
        var places: [EncodedKey: Int] = [:]
        for (place, key) in encoded.enumerated() { places[key] = place }
        var keysJSON: [JSONValue] = []
        for key in keys { keysJSON.append(try keyJSON(key, rules)) }
        var found = [Item?](repeating: nil, count: keys.count)
        var entries: JSONValue = ["Keys": .array(keysJSON), "ConsistentRead": true]
        try await inRounds("BatchGetItem", rules) {
            let answer = try await self.call(
                "BatchGetItem", ["RequestItems": .object([self.schema.name: entries])], rules
            ).json
            for json in answer["Responses"]?[self.schema.name]?.arrayValue ?? [] {
                let item = try self.item(json, rules)
                if let place = places[try rules.encoded(rules.key(of: item))] { found[place] = item }
            }
            guard let left = answer["UnprocessedKeys"]?[self.schema.name], left["Keys"]?.arrayValue?.isEmpty == false
            else { return true }
            entries = left
            return false
        }
        return found
    }

    package func batchWrite(_ writes: [TableWrite]) async throws {
        let rules = rules("batch write")
        try rules.checkBatch(writes)
        var keys: [TableKey] = []
        for write in writes { keys.append(try rules.key(of: write)) }
        _ = try rules.encodedBatch(keys, maximumCount: TableLimits.batchWrite)
        if writes.isEmpty { return }
        var requests: [JSONValue] = []
        for write in writes {
            switch write {
            case .put(let item, _):
                requests.append(["PutRequest": ["Item": try checked(item, rules).typedJSON]])
            case .delete(let key, _): requests.append(["DeleteRequest": ["Key": try keyJSON(key, rules)]])
            case .update, .check: break
            }
        }
        try await inRounds("BatchWriteItem", rules) {
            let answer = try await self.call(
                "BatchWriteItem", ["RequestItems": .object([self.schema.name: .array(requests)])], rules
            ).json
            guard let left = answer["UnprocessedItems"]?[self.schema.name]?.arrayValue, !left.isEmpty else {
                return true
            }
            requests = left
            return false
        }
    }

    package func transact(_ writes: [TableWrite]) async throws {
        let rules = rules("transact")
        var keys: [TableKey] = []
        for write in writes { keys.append(try rules.key(of: write)) }
        _ = try rules.encodedBatch(keys, maximumCount: TableLimits.transact)
        if writes.isEmpty { return }
        var entries: [JSONValue] = []
        for (write, key) in zip(writes, keys) { entries.append(try entry(write, key, rules)) }
        // The token makes it safe to send the transaction again when no answer came.
        let body: JSONObject = [
            "TransactItems": .array(entries), "ClientRequestToken": .string(client.requestToken()),
        ]
        try await inRounds("TransactWriteItems", rules) {
            do {
                _ = try await self.client.call("TransactWriteItems", body, table: self.schema.name)
                return true
            } catch let error as AWSError {
                let failure = TableError(error, rules)
                // Another transaction on the same items; DynamoDB itself has waited for nothing.
                guard failure.code == .throttled, error.code == "TransactionCanceledException" else { throw failure }
                return false
            }
        }
    }

    private func entry(_ write: TableWrite, _ key: TableKey, _ rules: TableRules) throws(TableError) -> JSONValue {
        var body: JSONObject = ["TableName": .string(schema.name)]
        switch write {
        case .put(let item, let condition):
            body["Item"] = try checked(item, rules).typedJSON
            addCondition(condition, to: &body)
            return ["Put": .object(body)]
        case .delete(_, let condition):
            body["Key"] = try keyJSON(key, rules)
            addCondition(condition, to: &body)
            return ["Delete": .object(body)]
        case .check(_, let condition):
            body["Key"] = try keyJSON(key, rules)
            addCondition(condition, to: &body)
            return ["ConditionCheck": .object(body)]
        case .update(_, let set, let add, let remove, let condition):
            body["Key"] = try keyJSON(key, rules)
            try addUpdate(set, add, remove, condition, to: &body, rules)
            return ["Update": .object(body)]
        }
    }

    /// Calls `round` until it says that nothing is left, with growing waits, within the time that a call has.
    ///
    /// - Throws: ``TableError`` `.throttled` when entries are left at the end of that time.
    private func inRounds(
        _ operation: String, _ rules: TableRules, _ round: () async throws -> Bool
    ) async throws {
        let deadline = client.clock.now + client.policy.deadline
        for number in 1... {
            if try await round() { return }
            let delay = client.delay(round: number)
            guard client.clock.now + delay < deadline else {
                throw rules.error(
                    .throttled,
                    "\(operation) left entries undone for \(client.policy.deadline); some are done: try again later")
            }
            try await client.clock.sleep(for: delay)
        }
    }
}

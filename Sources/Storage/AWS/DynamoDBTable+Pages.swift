import AWSClient
import JSON

extension DynamoDBTable {
    package func query(
        _ partition: AttributeValue, sortPrefix: String?, index: String?, limit: Int, after: TableCursor?,
        ascending: Bool
    ) async throws -> ItemPage {
        let rules = rules("query")
        // The checks of every table; what they encode isn't needed here.
        let query = try rules.query(
            partition, sortPrefix: sortPrefix, index: index, limit: limit, after: after, ascending: ascending)
        let keys = query.index.map { ($0.partitionKey, $0.sortKey) } ?? (schema.partitionKey, schema.sortKey)
        var builder = ExpressionBuilder()
        var expression = "\(builder.name(keys.0)) = \(builder.value(partition.withShortestNumbers))"
        if let sortPrefix, !sortPrefix.isEmpty, let sortKey = keys.1 {
            expression += " AND begins_with(\(builder.name(sortKey)), \(builder.value(.string(sortPrefix))))"
        }
        var body: JSONObject = [
            "TableName": .string(schema.name), "KeyConditionExpression": .string(expression),
            "ScanIndexForward": .bool(ascending),
        ]
        if let index { body["IndexName"] = .string(index) } else { body["ConsistentRead"] = true }
        builder.give(to: &body)
        return try await page("Query", body, limit, after, rules)
    }

    package func scan(limit: Int, after: TableCursor?) async throws -> ItemPage {
        let rules = rules("scan")
        _ = try rules.scan(limit: limit, after: after)
        return try await page(
            "Scan", ["TableName": .string(schema.name), "ConsistentRead": true], limit, after, rules)
    }

    private func page(
        _ operation: String, _ body: JSONObject, _ limit: Int, _ after: TableCursor?, _ rules: TableRules
    ) async throws -> ItemPage {
        var body = body
        body["Limit"] = .int(limit)
        if let after { body["ExclusiveStartKey"] = after.key.mapValues(\.withShortestNumbers).typedJSON }
        let answer = try await call(operation, body, rules).json
        var items: [Item] = []
        for json in answer["Items"]?.arrayValue ?? [] { items.append(try item(json, rules)) }
        let next: TableCursor? = try answer["LastEvaluatedKey"].flatMap { json in
            json.objectValue?.isEmpty == false ? TableCursor(key: try item(json, rules)) : nil
        }
        return ItemPage(items: items, next: next)
    }
}

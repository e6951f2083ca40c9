import JSON
import Storage

/// Query and Scan.
extension TableService {
    private static let reading: Set = [
        "FilterExpression", "ProjectionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues", "Limit",
        "ExclusiveStartKey", "ConsistentRead", "Select",
    ]

    /// What both make of the items that they read.
    private struct Reading {
        let limit: Int?
        let after: TableCursor?
        let countsOnly: Bool
        var filter: ConditionExpression?
        var projection: ProjectionExpression?
        private var items: [JSONValue] = []
        private var count = 0
        private(set) var scannedCount = 0

        /// Items that one page of the table may have: what `Limit` leaves, or as many as fit.
        var pageLimit: Int { limit.map { $0 - scannedCount } ?? Int(Int32.max) }

        init(_ request: TableRequest, index: IndexSchema?, _ bindings: inout ExpressionBindings) throws {
            let fields = request.fields
            limit = try fields.count("Limit")
            filter = try fields.text("FilterExpression").map { try bindings.condition($0, .filter) }
            projection = try fields.text("ProjectionExpression").map { try bindings.projection($0) }
            let select = try fields.choice(
                "Select", ["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"])
            countsOnly = select == "COUNT"
            if let select, select != "SPECIFIC_ATTRIBUTES", projection != nil {
                throw TableFailure.invalid("Cannot specify the ProjectionExpression when choosing to get \(select)")
            }
            if select == "SPECIFIC_ATTRIBUTES", projection == nil {
                throw TableFailure.invalid(
                    "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                        + "SPECIFIC_ATTRIBUTES")
            }
            if try fields.flag("ConsistentRead") == true, index != nil {
                throw TableFailure.invalid("Consistent reads are not supported on global secondary indexes")
            }
            let schema = request.table.schema
            let names = Set(
                [schema.partitionKey, schema.sortKey, index?.partitionKey, index?.sortKey].compactMap { $0 })
            after = try fields["ExclusiveStartKey"].map { json in
                let key = try AttributeReader.item(json)
                guard Set(key.keys) == names else {
                    throw TableFailure.invalid("The provided starting key is invalid")
                }
                return TableCursor(key: key)
            }
        }

        mutating func add(_ item: Item) {
            scannedCount += 1
            guard filter?.holds(of: item) ?? true else { return }
            count += 1
            if !countsOnly { items.append((projection?.applied(to: item) ?? item).typedJSON) }
        }

        func answer(_ next: TableCursor?) -> JSONObject {
            var answer = JSONObject()
            if !countsOnly { answer["Items"] = .array(items) }
            answer["Count"] = .int(count)
            answer["ScannedCount"] = .int(scannedCount)
            if let next { answer["LastEvaluatedKey"] = next.key.typedJSON }
            return answer
        }
    }

    /// Reads a partition in order. A condition on the sort key other than its beginning is looked for in all of the
    /// partition up to where it ends.
    func query(_ parameters: JSONValue) async throws -> JSONObject {
        let known = Self.reading.union(["KeyConditionExpression", "IndexName", "ScanIndexForward"])
        let request = try request(parameters, known)
        let fields = request.fields
        let schema = request.table.schema
        let index = try fields.text("IndexName").map { name in
            guard let index = schema.indexes.first(where: { $0.name == name }) else {
                throw TableFailure.invalid("The table does not have the specified index: \(name)")
            }
            return index
        }
        guard let keyText = try fields.text("KeyConditionExpression") else {
            throw TableFailure.invalid(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
        }
        var bindings = try fields.bindings(of: [
            "KeyConditionExpression", "FilterExpression", "ProjectionExpression",
        ])
        let condition = try bindings.condition(keyText, .key)
        var reading = try Reading(request, index: index, &bindings)
        try bindings.checkAllUsed()
        let partitionKey = index?.partitionKey ?? schema.partitionKey
        let sortKey = if let index { index.sortKey } else { schema.sortKey }
        let key = try KeyCondition(
            condition, partitionKey: partitionKey, sortKey: sortKey, keyTypes: schema.keyTypes)
        let filtered = reading.filter?.attributes ?? []
        for name in [partitionKey, sortKey] {
            guard let name, filtered.contains(name) else { continue }
            throw TableFailure.invalid(
                "Filter Expression can only contain non-primary key attributes: Primary key attribute: \(name)")
        }
        let isAscending = try fields.flag("ScanIndexForward") ?? true

        var next = reading.after
        var isOver = false
        while !isOver {
            let pageLimit = reading.pageLimit
            let page = try await request.table.query(
                key.partition, sortPrefix: key.sortPrefix, index: index?.name, limit: pageLimit, after: next,
                ascending: isAscending)
            next = page.next
            for item in page.items {
                if key.sort?.holds(of: item) ?? true {
                    reading.add(item)
                } else if reading.scannedCount > 0 {
                    // Those of a range stand side by side.
                    next = nil
                    break
                }
            }
            isOver =
                next == nil || reading.pageLimit == 0
                || (reading.scannedCount > 0 && page.items.count < pageLimit)
        }
        return reading.answer(next)
    }

    func scan(_ parameters: JSONValue) async throws -> JSONObject {
        let request = try request(parameters, Self.reading)
        var bindings = try request.fields.bindings(of: ["FilterExpression", "ProjectionExpression"])
        var reading = try Reading(request, index: nil, &bindings)
        try bindings.checkAllUsed()
        let page = try await request.table.scan(limit: reading.pageLimit, after: reading.after)
        for item in page.items { reading.add(item) }
        return reading.answer(page.next)
    }
}

import JSON
import StatesLanguage
import Storage
import TestSupport
import Testing

@testable import EventRouter

@Suite("DynamoDB as a service of tasks", .timeLimit(.minutes(10)))
struct TableServiceTests {
    // MARK: Answers

    @Test("what is returned of a write is as AWS documents ReturnValues")
    func returnValues() async throws {
        let tables = TablesUnderTest()
        let item =
            #"{"pk": {"S": "k"}, "n": {"N": "1"}, "m": {"M": {"a": {"N": "1"}, "b": {"N": "2"}}}, "x": {"S": "x"}}"#
        #expect(try await tables.answer("putItem", #"{"Item": \#(item), "ReturnValues": "ALL_OLD"}"#) == [:])
        func update(_ returned: String) async throws -> JSONValue? {
            try await tables.answer(
                "updateItem",
                #"{"Key": {"pk": {"S": "k"}}, "UpdateExpression": "SET n = n + :one, m.a = n REMOVE x", "ReturnValues": "\#(returned)", "ExpressionAttributeValues": {":one": {"N": 1}}}"#
            )["Attributes"]
        }
        #expect(try await update("UPDATED_OLD")?.text() == #"{"m":{"M":{"a":{"N":"1"}}},"n":{"N":"1"},"x":{"S":"x"}}"#)
        #expect(try await update("UPDATED_NEW")?.text() == #"{"m":{"M":{"a":{"N":"2"}}},"n":{"N":"3"}}"#)
        #expect(
            try await update("ALL_OLD")?.text()
                == #"{"m":{"M":{"a":{"N":"2"},"b":{"N":"2"}}},"n":{"N":"3"},"pk":{"S":"k"}}"#)
        #expect(
            try await update("ALL_NEW")?.text()
                == #"{"m":{"M":{"a":{"N":"4"},"b":{"N":"2"}}},"n":{"N":"5"},"pk":{"S":"k"}}"#)
        #expect(try await update("NONE") == nil)
        let old = try await tables.answer("deleteItem", #"{"Key": {"pk": {"S": "k"}}, "ReturnValues": "ALL_OLD"}"#)
        #expect(old["Attributes"]?["n"] == ["N": "6"])
        #expect(
            try await tables.answer("deleteItem", #"{"Key": {"pk": {"S": "k"}}, "ReturnValues": "ALL_OLD"}"#) == [:])
    }

    @Test("an update makes the item that isn't there, unless it only takes away")
    func absentItems() async throws {
        let tables = TablesUnderTest()
        let key = #""Key": {"pk": {"S": "k"}}"#
        #expect(
            try await tables.answer(
                "updateItem", #"{\#(key), "UpdateExpression": "REMOVE a", "ReturnValues": "ALL_NEW"}"#) == [:])
        #expect(try await tables.answer("getItem", "{\(key)}") == [:])
        let made = try await tables.answer("updateItem", #"{\#(key), "ReturnValues": "ALL_NEW"}"#)
        #expect(made["Attributes"] == ["pk": ["S": "k"]])
        let copied = try await tables.answer(
            "updateItem",
            #"{"Key": {"pk": {"S": "l"}}, "UpdateExpression": "SET b = if_not_exists(b, pk)", "ReturnValues": "UPDATED_NEW"}"#
        )
        #expect(copied["Attributes"] == ["b": ["S": "l"]], "the key can be read, as in AWS")
    }

    @Test(
        "errors have DynamoDB's words",
        arguments: [
            (
                "putItem", #"{"Item": {"n": {"N": "1"}}}"#,
                "One or more parameter values were invalid: Missing the key pk in the item"
            ),
            (
                "putItem", #"{"Item": {"pk": {"N": "1"}}}"#,
                "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N"
            ),
            (
                "putItem", #"{"Item": {"pk": {"S": ""}}}"#,
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
            ),
            (
                "putItem", #"{"Item": {"pk": {"S": "k"}, "x": {}}}"#,
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
            ),
            (
                "putItem", #"{"Item": {"pk": {"S": "k"}, "x": {"S": "a", "N": "1"}}}"#,
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
            ),
            (
                "putItem", #"{"Item": {"pk": {"S": "k"}, "x": {"SS": ["a", "a"]}}}"#,
                "One or more parameter values were invalid: Input collection [a, a] contains duplicates."
            ),
            (
                "putItem", #"{"Item": {"pk": {"S": "k"}, "x": {"N": "one"}}}"#,
                "The parameter cannot be converted to a numeric value: one"
            ),
            (
                "putItem", #"{"Item": {"pk": {"S": "k"}}, "ReturnValues": "ALL_NEW"}"#,
                "Return values set to invalid value"
            ),
            (
                "putItem", "{}",
                "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"
            ),
            ("getItem", #"{"Key": {"sk": {"S": "k"}}}"#, "The provided key element does not match the schema"),
            (
                "getItem", #"{"Key": {"pk": {"S": "k"}, "x": {"S": "k"}}}"#,
                "The number of conditions on the keys is invalid"
            ),
            (
                "getItem", #"{"Key": {"pk": {"S": "k"}}, "AttributesToGet": ["a"]}"#,
                "AttributesToGet is not supported here"
            ),
            (
                "getItem", ##"{"Key": {"pk": {"S": "k"}}, "ExpressionAttributeNames": {"#a": "a"}}"##,
                "ExpressionAttributeNames can only be specified when using expressions: ProjectionExpression is null"
            ),
            (
                "updateItem",
                #"{"Key": {"pk": {"S": "k"}}, "UpdateExpression": "SET a = b", "ExpressionAttributeValues": {":x": {"N": "1"}}}"#,
                "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}"
            ),
            (
                "updateItem",
                #"{"Key": {"pk": {"S": "k"}}, "UpdateExpression": "SET a = :x", "ExpressionAttributeValues": {":x": {"NULL": false}}}"#,
                "ExpressionAttributeValues contains invalid value: One or more parameter values were invalid: Null attribute value types must have the value of true for key :x"
            ),
            (
                "updateItem",
                #"{"Key": {"pk": {"S": "k"}}, "UpdateExpression": "SET pk = a"}"#,
                "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"
            ),
            (
                "query", "{}",
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            ),
            (
                "scan", #"{"Limit": 0}"#,
                "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
            ),
        ])
    func errors(action: String, parameters: String, expected: String) async throws {
        let tables = TablesUnderTest()
        let failure = try #require(await tables.failure("aws-sdk:dynamodb", action, parameters))
        #expect(failure.name == "DynamoDb.DynamoDbException")
        #expect(failure.cause == "\(expected) (Service: DynamoDb, Status Code: 400, Request ID: id)")
    }

    @Test("errors are named as each integration's SDK names them; recorded causes come out the same")
    func names() async throws {
        let tables = TablesUnderTest()
        let put = #"{"Item": {"pk": {"S": "k"}}, "ConditionExpression": "attribute_not_exists(pk)"}"#
        _ = try await tables.answer("putItem", put)
        let optimized = await tables.failure("dynamodb", "putItem", put)
        #expect(optimized?.name == "DynamoDB.ConditionalCheckFailedException")
        #expect(
            optimized?.cause
                == "The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ConditionalCheckFailedException; Request ID: id; Proxy: null)"
        )
        let sdk = await tables.failure("aws-sdk:dynamodb", "putItem", put)
        #expect(sdk?.name == "DynamoDb.ConditionalCheckFailedException")
        let none = await tables.failure("dynamodb", "getItem", #"{"TableName": "none", "Key": {}}"#)
        #expect(none?.name == "DynamoDB.ResourceNotFoundException")
        // cases-services, error_handling/test_task_service_dynamodb.py
        let table = await tables.failure("dynamodb", "putItem", #"{"TableName": "/invalid", "Item": {}}"#)
        #expect(table?.name == "DynamoDB.AmazonDynamoDBException")
        #expect(
            table?.cause
                == "1 validation error detected: Value '/invalid' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+ (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; Request ID: id; Proxy: null)"
        )
    }

    @Test("the recorded machine that puts, updates and reads an attribute named S has the recorded answers")
    func recorded() async throws {
        // cases-services, services/test_aws_sdk_task_service.py, test_dynamodb_put_update_get_item and, of the optimized
        // integration, error_handling/test_task_service_dynamodb.py, test_invalid_param.
        let tables = TablesUnderTest()
        #expect(
            try await tables.answer("putItem", #"{"Item": {"data": {"S": "HelloWorld"}, "pk": {"S": "id1"}}}"#) == [:])
        let updated = try await tables.answer(
            "updateItem",
            #"{"Key": {"pk": {"S": "id1"}}, "UpdateExpression": "set S=:r", "ReturnValues": "UPDATED_NEW", "ExpressionAttributeValues": {":r": {"S": "HelloWorldUpdated"}}}"#
        )
        #expect(updated == ["Attributes": ["S": ["S": "HelloWorldUpdated"]]])
        let read = try await tables.answer("getItem", #"{"Key": {"pk": {"S": "id1"}}}"#)
        #expect(
            read == ["Item": ["S": ["S": "HelloWorldUpdated"], "data": ["S": "HelloWorld"], "pk": ["S": "id1"]]])
        let invalid = await tables.failure(
            "dynamodb", "putItem", #"{"TableName": "no_such", "Key": null, "Item": null}"#)
        #expect(invalid?.name == "DynamoDB.AmazonDynamoDBException")
        #expect(
            invalid?.cause
                == "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; Request ID: id; Proxy: null)"
        )
    }

    // MARK: Pages

    @Test("a query chooses a range, filters it, projects it and goes on from page to page")
    func query() async throws {
        let tables = TablesUnderTest(TablesUnderTest.ranged)
        for number in 1...9 {
            _ = try await tables.answer(
                "putItem",
                #"{"Item": {"pk": {"S": "p"}, "sk": {"N": \#(number)}, "odd": {"BOOL": \#(number % 2 == 1)}, "date": {"S": "d\#(number % 3)"}}}"#
            )
        }
        func query(_ key: String, _ more: String = "", _ values: String = "") async throws -> JSONValue {
            try await tables.answer(
                "query",
                #"{"KeyConditionExpression": "\#(key)", "ExpressionAttributeValues": {":p": {"S": "p"}, ":a": {"N": "3"}, ":b": {"N": "6"}\#(values)}\#(more)}"#
            )
        }
        func sorts(_ answer: JSONValue) -> [String] {
            (answer["Items"]?.arrayValue ?? []).compactMap { $0["sk"]?["N"]?.stringValue }
        }
        let range = try await query("pk = :p AND sk BETWEEN :a AND :b")
        #expect(sorts(range) == ["3", "4", "5", "6"])
        #expect(range["Count"] == 4 && range["ScannedCount"] == 4 && range["LastEvaluatedKey"] == nil)
        let filtered = try await query(
            "pk = :p AND sk BETWEEN :a AND :b", #", "FilterExpression": "odd = :t", "ProjectionExpression": "sk""#,
            #", ":t": {"BOOL": true}"#)
        #expect(filtered["Items"] == [["sk": ["N": "3"]], ["sk": ["N": "5"]]])
        #expect(filtered["Count"] == 2 && filtered["ScannedCount"] == 4)
        let page = try await query(
            "pk = :p AND sk BETWEEN :a AND :b", #", "Limit": 3, "ScanIndexForward": false"#)
        #expect(sorts(page) == ["6", "5", "4"])
        let next = try #require(page["LastEvaluatedKey"])
        #expect(next == ["pk": ["S": "p"], "sk": ["N": "4"]])
        let rest = try await query(
            "pk = :p AND sk BETWEEN :a AND :b",
            #", "Limit": 3, "ScanIndexForward": false, "ExclusiveStartKey": \#(next.text())"#)
        #expect(sorts(rest) == ["3"] && rest["LastEvaluatedKey"] == nil)
        let count = try await tables.answer(
            "query",
            ##"{"IndexName": "by-date", "KeyConditionExpression": "#d = :d", "Select": "COUNT", "ExpressionAttributeNames": {"#d": "date"}, "ExpressionAttributeValues": {":d": {"S": "d0"}}}"##
        )
        #expect(count == ["Count": 3, "ScannedCount": 3])
        let refused = await tables.failure(
            "aws-sdk:dynamodb", "query",
            #"{"KeyConditionExpression": "pk = :p", "FilterExpression": "sk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}"#
        )
        #expect(
            refused?.cause?.hasPrefix(
                "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk") == true)
        let scanned = try await tables.answer(
            "scan",
            #"{"FilterExpression": "sk > :a", "ExpressionAttributeValues": {":a": {"N": "7"}}, "ProjectionExpression": "sk"}"#
        )
        #expect(scanned["Items"] == [["sk": ["N": "8"]], ["sk": ["N": "9"]]])
        #expect(scanned["ScannedCount"] == 9)
    }

    // MARK: Batches and transactions

    @Test("batches write and read several items")
    func batches() async throws {
        let tables = TablesUnderTest()
        let written = try await tables.answer(
            "batchWriteItem",
            #"{"RequestItems": {"songs": [{"PutRequest": {"Item": {"pk": {"S": "a"}, "n": {"N": "1"}}}}, {"PutRequest": {"Item": {"pk": {"S": "b"}}}}, {"DeleteRequest": {"Key": {"pk": {"S": "c"}}}}]}}"#,
            namesTable: false)
        #expect(written == ["UnprocessedItems": [:]])
        let read = try await tables.answer(
            "batchGetItem",
            #"{"RequestItems": {"songs": {"Keys": [{"pk": {"S": "a"}}, {"pk": {"S": "x"}}], "ProjectionExpression": "n"}}}"#,
            namesTable: false)
        #expect(read == ["Responses": ["songs": [["n": ["N": "1"]]]], "UnprocessedKeys": [:]])
    }

    @Test("a transaction writes all or nothing, and says which condition failed")
    func transactions() async throws {
        let tables = TablesUnderTest()
        func transact(_ condition: String) -> String {
            #"""
            {"TransactItems": [
              {"Put": {"TableName": "songs", "Item": {"pk": {"S": "a"}}}},
              {"Update": {"TableName": "songs", "Key": {"pk": {"S": "b"}}, "UpdateExpression": "ADD n :one",
                "ConditionExpression": "\#(condition)", "ExpressionAttributeValues": {":one": {"N": "1"}}}},
              {"ConditionCheck": {"TableName": "songs", "Key": {"pk": {"S": "c"}}, "ConditionExpression": "attribute_not_exists(pk)"}}
            ]}
            """#
        }
        let failure = await tables.failure(
            "aws-sdk:dynamodb", "transactWriteItems", transact("n >= :one"), namesTable: false)
        #expect(failure?.name == "DynamoDb.TransactionCanceledException")
        #expect(failure?.cause?.contains("[None, ConditionalCheckFailed, None]") == true)
        #expect(try await tables.answer("scan", "{}")["Count"] == 0)
        let done = try await tables.answer(
            "transactWriteItems", transact("attribute_not_exists(n) OR n >= :one"), namesTable: false)
        #expect(done == [:])
        let read = try await tables.answer(
            "transactGetItems",
            #"{"TransactItems": [{"Get": {"TableName": "songs", "Key": {"pk": {"S": "b"}}}}, {"Get": {"TableName": "songs", "Key": {"pk": {"S": "c"}}}}]}"#,
            namesTable: false)
        #expect(read == ["Responses": [["Item": ["n": ["N": "1"], "pk": ["S": "b"]]], [:]]])
    }

    // MARK: Many at once

    @Test("writers at the same time lose nothing: neither counts nor each other's attributes")
    func race() async throws {
        let tables = TablesUnderTest()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    _ = try await tables.answer(
                        "updateItem",
                        ##"{"Key": {"pk": {"S": "k"}}, "UpdateExpression": "SET n = if_not_exists(n, :zero) + :one, #own = :one ADD every :set", "ExpressionAttributeNames": {"#own": "own\##(number)"}, "ExpressionAttributeValues": {":zero": {"N": "0"}, ":one": {"N": "1"}, ":set": {"NS": ["\##(number)"]}}}"##
                    )
                }
            }
            try await group.waitForAll()
        }
        let item = try await tables.answer("getItem", #"{"Key": {"pk": {"S": "k"}}}"#)["Item"]
        #expect(item?["n"] == ["N": "60"])
        #expect(item?["every"]?["NS"]?.arrayValue?.count == 60)
        #expect(item?.objectValue?.count == 63)
    }

    // MARK: State machines

    @Test("a machine takes a lock with a conditional put, and the second is refused and goes another way")
    func lock() async throws {
        try await ServiceWorld.with { world in
            let states = #"""
                "A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Next": "Locked",
                  "Parameters": {"TableName": "songs", "Item": {"pk": {"S": "lock"}, "owner": {"S.$": "$.owner"}},
                    "ConditionExpression": "attribute_not_exists(pk) OR #o = :me",
                    "ExpressionAttributeNames": {"#o": "owner"}, "ExpressionAttributeValues": {":me": {"S.$": "$.owner"}}},
                  "Catch": [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Refused"}]},
                "Locked": {"Type": "Pass", "Result": "locked", "End": true},
                "Refused": {"Type": "Pass", "Result": "refused", "End": true}
                """#
            for (owner, expected) in [("one", "locked"), ("two", "refused"), ("one", "locked")] {
                let ended = try await world.run(states, input: ["owner": .string(owner)])
                #expect(ended.output == "\"\(expected)\"")
            }
        }
    }

    @Test("fifty iterations of a Map at the same time count to fifty")
    func counter() async throws {
        try await ServiceWorld.with { world in
            let states = #"""
                "A": {"Type": "Map", "ItemsPath": "$.items", "Next": "Read", "ItemProcessor": {"StartAt": "Count", "States": {
                  "Count": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "End": true, "Parameters": {
                    "TableName": "songs", "Key": {"pk": {"S": "count"}},
                    "UpdateExpression": "SET #n = if_not_exists(#n, :zero) + :one", "ExpressionAttributeNames": {"#n": "n"},
                    "ExpressionAttributeValues": {":zero": {"N": "0"}, ":one": {"N": "1"}}}}}}},
                "Read": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": true, "OutputPath": "$.Item.n.N",
                  "Parameters": {"TableName": "songs", "Key": {"pk": {"S": "count"}}}}
                """#
            let ended = try await world.run(states, input: ["items": .array((0..<50).map { .int($0) })])
            #expect(ended.output == "\"50\"", "\(ended.cause ?? "")")
        }
    }
}

/// The service over a table in memory.
struct TablesUnderTest: Sendable {
    static let ranged = TableSchema(
        name: "songs", partitionKey: "pk", sortKey: "sk",
        indexes: [IndexSchema(name: "by-date", partitionKey: "date")], keyTypes: ["sk": .number])

    let table: InMemoryTable
    private let service: TableService

    init(_ schema: TableSchema = ServiceWorld.table) {
        let table = InMemoryTable(schema)
        self.table = table
        service = TableService { $0 == schema.name ? table : nil }
    }

    /// What an action answers.
    ///
    /// - Parameter namesTable: Whether to add the table's name to the parameters.
    func answer(
        _ action: String, _ parameters: String, of service: String = "aws-sdk:dynamodb", namesTable: Bool = true
    ) async throws -> JSONValue {
        var object = try JSONValue(parsing: parameters).objectValue ?? [:]
        if namesTable, object["TableName"] == nil { object["TableName"] = .string(table.schema.name) }
        let integration = ServiceIntegration(service: service, action: action, pattern: .requestResponse)
        return try await self.service.answer(integration, .object(object), requestID: "id")
    }

    /// The error of an action that fails.
    func failure(
        _ service: String, _ action: String, _ parameters: String, namesTable: Bool = true
    ) async -> StateError? {
        do {
            _ = try await answer(action, parameters, of: service, namesTable: namesTable)
            return nil
        } catch {
            return error as? StateError
        }
    }
}

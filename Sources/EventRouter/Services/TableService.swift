import JSON
import StatesLanguage
import Storage

/// DynamoDB's actions over the router's tables: items by key. Expressions are refused by name, but for `SET` of literals.
struct TableService: Sendable {
    static let actions: Set<String> = [
        "dynamodb:getItem", "dynamodb:putItem", "dynamodb:deleteItem", "dynamodb:updateItem",
        "aws-sdk:dynamodb:getItem", "aws-sdk:dynamodb:putItem", "aws-sdk:dynamodb:deleteItem",
        "aws-sdk:dynamodb:updateItem",
    ]

    /// The table of a name; nil when there is none.
    let table: @Sendable (String) -> (any Table)?

    func answer(
        _ integration: ServiceIntegration, _ parameters: JSONValue, requestID: String
    ) async throws(StateError) -> JSONValue {
        let service = integration.service == "dynamodb" ? "DynamoDB" : "DynamoDb"
        func invalid(_ message: String) -> StateError { .service(service, "ValidationException", message) }
        let name = parameters["TableName"]?.stringValue ?? ""
        guard let table = table(name) else {
            throw .service(
                service, "ResourceNotFoundException", "Requested resource not found: Table: \(name) not found")
        }
        for expression in ["ConditionExpression", "ProjectionExpression", "AttributeUpdates", "Expected"]
        where parameters[expression] != nil {
            throw invalid("\(expression) is not supported here")
        }
        var answer = JSONObject()
        do {
            switch integration.action {
            case "putItem":
                guard let item = parameters["Item"].flatMap({ Item(typedJSON: TableService.spelled($0)) }) else {
                    throw invalid("Item is missing or not in DynamoDB's typed JSON")
                }
                try await table.put(item)
            case "getItem":
                if let item = try await table.get(try key(parameters, table)) { answer["Item"] = item.typedJSON }
            case "deleteItem": try await table.delete(try key(parameters, table))
            default:
                let set = try TableService.assignments(parameters)
                let updated = try await table.update(try key(parameters, table), set: set)
                if parameters["ReturnValues"]?.stringValue?.hasPrefix("ALL_NEW") == true {
                    answer["Attributes"] = updated.typedJSON
                }
            }
        } catch let error as StateError {
            throw error
        } catch let error as TableError {
            let name = error.isConditionFailed ? "ConditionalCheckFailedException" : "ValidationException"
            throw .service(service, name, error.detail)
        } catch {
            throw .service(service, "InternalServerError", "\(error)", statusCode: 500)
        }
        return integration.service == "dynamodb" ? .serviceAnswer(answer, requestID: requestID) : .object(answer)
    }

    private func key(_ parameters: JSONValue, _ table: any Table) throws(StateError) -> TableKey {
        guard let item = parameters["Key"].flatMap({ Item(typedJSON: TableService.spelled($0)) }),
            let partition = item[table.schema.partitionKey]
        else { throw .service("DynamoDB", "ValidationException", "The provided key element does not match the schema") }
        return TableKey(partition: partition, sort: table.schema.sortKey.flatMap { item[$0] })
    }

    /// Numbers may come as numbers: a state's expressions give them so.
    private static func spelled(_ item: JSONValue) -> JSONValue {
        guard let object = item.objectValue else { return item }
        return .object(
            JSONObject(
                object.map { name, value in
                    guard let number = value["N"]?.numberValue else { return (name, value) }
                    return (name, ["N": .string(number.spelling)])
                }))
    }

    /// `SET a = :a, #b = :b` as attributes.
    private static func assignments(_ parameters: JSONValue) throws(StateError) -> Item {
        func invalid(_ message: String) -> StateError { .service("DynamoDB", "ValidationException", message) }
        guard let expression = parameters["UpdateExpression"]?.stringValue else {
            throw invalid("UpdateExpression is missing")
        }
        let words = expression.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].uppercased() == "SET" else {
            throw invalid("Of UpdateExpression only SET of values is supported here")
        }
        let values = spelled(parameters["ExpressionAttributeValues"] ?? [:])
        var item = Item()
        for part in words[1].split(separator: ",") {
            let sides = part.split(separator: "=").map { side in String(side.filter { !$0.isWhitespace }) }
            guard sides.count == 2, let value = values[sides[1]].flatMap({ AttributeValue(typedJSON: $0) }) else {
                throw invalid("Of UpdateExpression only SET of values is supported here")
            }
            let name =
                sides[0].hasPrefix("#") ? parameters["ExpressionAttributeNames"]?[sides[0]]?.stringValue : sides[0]
            guard let name, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }) else {
                throw invalid("Of UpdateExpression only SET of whole attributes is supported here")
            }
            item[name] = value
        }
        return item
    }
}

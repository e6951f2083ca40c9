import JSON
import StatesLanguage
import Storage
import TestSupport
import Testing

@testable import EventRouter

/// The same requests on moto's DynamoDB and on ours: the same items after them, the same errors, the same answers.
@Suite("DynamoDB beside a peer", .timeLimit(.minutes(10)))
struct TablePeerTests {
    /// One request on the one item that a table begins with.
    struct Request: Sendable {
        var item: String?
        let action: String
        let parameters: JSONObject

        var json: JSONValue {
            get throws {
                var parameters = parameters
                parameters["TableName"] = "songs"
                return [
                    "items": .array(try item.map { [try JSONValue(parsing: $0)] } ?? []),
                    "action": .string(action.prefix(1).uppercased() + action.dropFirst()),
                    "parameters": .object(parameters),
                ]
            }
        }
    }

    /// What came of a request.
    struct Outcome: Equatable, CustomStringConvertible {
        let error: String?
        let message: String?
        let items: [Item]
        let attributes: Item?

        var description: String {
            "\(error ?? "done") \(message ?? "") \(items.map { $0.typedJSON.text() }) \(attributes?.typedJSON.text() ?? "-")"
        }

        static func == (left: Outcome, right: Outcome) -> Bool {
            left.error == right.error && left.items == right.items && left.attributes == right.attributes
        }
    }

    private static let item = #"""
        {"pk": {"S": "k"}, "n": {"N": "5"}, "s": {"S": "hello"}, "b": {"BOOL": true}, "nul": {"NULL": true},
         "l": {"L": [{"N": "1"}, {"S": "two"}, {"M": {"x": {"N": "3"}}}]},
         "m": {"M": {"a": {"N": "1"}, "deep": {"M": {"b": {"L": [{"N": "7"}, {"N": "8"}]}}}}},
         "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2.5"]}}
        """#

    private static let values: [(String, JSONValue)] = [
        (":zero", ["N": "0"]), (":one", ["N": "1"]), (":five", ["N": "5"]), (":ten", ["N": "10"]), (":he", ["S": "he"]),
        (":hello", ["S": "hello"]), (":a", ["S": "a"]), (":N", ["S": "N"]), (":list", ["L": [["N": "1"]]]),
        (":ss", ["SS": ["b", "c"]]), (":ns", ["NS": ["2.5", "3"]]), (":true", ["BOOL": true]),
    ]
    private static let names: [(String, JSONValue)] = [("#n", "n"), ("#m", "m"), ("#x", "x")]

    /// The placeholders that occur in the expressions, since others may not be given.
    private static func parameters(_ expressions: [(String, String)], _ more: JSONObject = [:]) -> JSONObject {
        var parameters = more
        var words: Set<String> = []
        for (name, text) in expressions {
            parameters[name] = .string(text)
            words.formUnion(
                text.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" || $0 == "#") }.map(String.init))
        }
        let names = Self.names.filter { words.contains($0.0) }
        let values = Self.values.filter { words.contains($0.0) }
        if !names.isEmpty { parameters["ExpressionAttributeNames"] = .object(JSONObject(names)) }
        if !values.isEmpty { parameters["ExpressionAttributeValues"] = .object(JSONObject(values)) }
        return parameters
    }

    private static func update(_ text: String, _ condition: String? = nil, of item: String? = item) -> Request {
        var expressions = [("UpdateExpression", text)]
        if let condition { expressions.append(("ConditionExpression", condition)) }
        return Request(
            item: item, action: "updateItem",
            parameters: parameters(expressions, ["Key": ["pk": ["S": "k"]], "ReturnValues": "ALL_NEW"]))
    }

    private static func put(_ condition: String, of item: String? = item) -> Request {
        Request(
            item: item, action: "putItem",
            parameters: parameters(
                [("ConditionExpression", condition)], ["Item": ["pk": ["S": "k"]], "ReturnValues": "ALL_OLD"]))
    }

    // MARK: Both sides

    private static func peer(_ requests: [Request]) async throws -> [Outcome] {
        let lines = try requests.map { try $0.json.text() }.joined(separator: "\n")
        let script = "\(Repository.root)/Tests/Peers/dynamodb.py"
        let ended = try await runProcess(
            Repository.python, [script], input: lines + "\n", timeout: .seconds(280))
        try #require(ended.status == 0, "\(ended.errorOutput.suffix(2_000))")
        return try ended.output.split(separator: "\n").map { line in
            let json = try JSONValue(parsing: String(line))
            return Outcome(
                error: json["error"]?.stringValue, message: json["message"]?.stringValue,
                items: (json["items"]?.arrayValue ?? []).compactMap { Item(typedJSON: $0) },
                attributes: (json["answer"]?["Attributes"] ?? json["answer"]?["Item"]).flatMap { Item(typedJSON: $0) })
        }
    }

    private static func ours(_ request: Request) async throws -> Outcome {
        let tables = TablesUnderTest()
        if let item = request.item, let item = Item(typedJSON: try JSONValue(parsing: item)) {
            try await tables.table.put(item)
        }
        var error: String?
        var message: String?
        var attributes: Item?
        do {
            let answer = try await tables.answer(
                request.action, JSONValue.object(request.parameters).text(), of: "dynamodb")
            attributes = (answer["Attributes"] ?? answer["Item"]).flatMap { Item(typedJSON: $0) }
        } catch let failure as StateError {
            let name = failure.name.replacing("DynamoDB.", with: "")
            error = name == "AmazonDynamoDBException" ? "ValidationException" : name
            message = failure.cause
        }
        return Outcome(
            error: error, message: message, items: try await tables.table.scan(limit: 10, after: nil).items,
            attributes: attributes)
    }

    private static func isMissing() async throws -> Bool {
        let found = try await runProcess(Repository.python, ["-c", "import moto, boto3"])
        if found.status != 0 { print("NOT RUN: the peers of Tests/requirements.txt are not installed") }
        return found.status != 0
    }

    // MARK: Tests

    private static let updates = [
        "SET n = n + :one", "SET n = :ten - #n", "SET #x = if_not_exists(#x, :zero) + :one",
        "SET l = list_append(l, :list)", "SET l = list_append(if_not_exists(#x, :list), l)", "SET n = s, s = n",
        "SET l[1] = :ten", "SET l[2].y = :one", "SET m.a = m.a + :one", "SET m.deep.b[0] = :one", "SET l[7] = :five",
        "REMOVE n, s", "REMOVE #x", "REMOVE l[0], l[1]", "REMOVE l[9]", "REMOVE m.deep.b[0]",
        "REMOVE m.a SET l[0] = m.a",
        "ADD n :ten", "ADD #x :ten", "ADD ss :ss", "ADD #x :ss", "ADD ns :ns", "DELETE ss :ss", "DELETE #x :ss",
        "SET #x = :one REMOVE n ADD y :five DELETE ss :ss",
        // Refused by both.
        "SET x.y = :one", "SET s[0] = :one", "SET l.a = :one", "SET #x = absent", "SET n = s + :one", "ADD s :one",
        "ADD ss :ns", "DELETE ss :ns", "ADD n :a", "DELETE n :five", "SET #x = list_append(s, :list)",
        "SET a = :undefined", "SET #undefined = :one", "SET a = b +", "SET = :one", "FOO a",
        "SET a = :one SET b = :one",
        "SET m.a = :one, m.a = :ten", "SET m.a = :one REMOVE m", "SET status = :one", "SET pk = :a",
        "SET a = whatever(b)", "SET a = :one,", "SET a = :one REMOVE", "",
    ]

    private static let conditions = [
        "n = :five", "n <> :five", "n < :ten", "n >= :ten", "s > :he", "s = :five", "s < :ten", "absent = :five",
        "absent <> :five", "NOT absent = :five", "n BETWEEN :one AND :ten", "n IN (:one, :five)", "n IN (:one)",
        "#n = :five AND s = :hello", "n = :one OR s = :hello", "n = :one OR n = :five AND s = :he",
        "(n = :one OR n = :five) AND s = :hello", "NOT n = :one AND s = :hello", "NOT (n = :one OR s = :hello)",
        "attribute_exists(m.deep.b[1])", "attribute_exists(m.deep.b[2])", "attribute_not_exists(l[2].y)",
        "attribute_exists(nul)", "attribute_type(n, :N)", "attribute_type(s, :N)", "begins_with(s, :he)",
        "begins_with(s, :a)", "contains(s, :he)", "contains(ss, :a)", "contains(ss, :he)", "contains(l, :one)",
        "contains(l, :five)", "size(s) = :five", "size(l) > :one", "size(m) < :one", "size(ss) = :one",
        "m.a = :one", "l[0] = m.a", "n = :undefined", "#undefined = :one",
        "n =", "n n", "(n = :one",
    ]

    @Test("a table of expressions has the same outcome")
    func table() async throws {
        if try await Self.isMissing() { return }
        var requests = Self.updates.map { Self.update($0) } + Self.conditions.map { Self.put($0) }
        for condition in ["attribute_not_exists(pk)", "attribute_exists(pk)", "n = :one", "n <> :one"] {
            requests.append(Self.put(condition, of: nil))
            requests.append(Self.update("SET a = :a", condition, of: nil))
            requests.append(Self.update("SET a = :a", condition))
        }
        for projection in ["n, s", "m.a", "l[2].x, l[0]", "m.deep.b[1], m.a", "absent", "#n", "n,", "m, m.a", "name"] {
            requests.append(
                Request(
                    item: Self.item, action: "getItem",
                    parameters: Self.parameters(
                        [("ProjectionExpression", projection)], ["Key": ["pk": ["S": "k"]]])))
        }
        try await Self.compare(requests)
    }

    @Test("expressions and items by chance have the same outcome")
    func chance() async throws {
        if try await Self.isMissing() { return }
        var chance = ExpressionChance(seed: 12)
        var requests: [Request] = []
        for _ in 0..<500 {
            let item = chance.item().text()
            requests.append(
                Bool.random(using: &chance.random)
                    ? Self.put(chance.condition(depth: 3), of: item) : Self.update(chance.update(), of: item))
        }
        try await Self.compare(requests)
    }

    /// Where the peer does other than AWS documents, and what AWS does: the error, or with none the attributes.
    private static let differences: [String: (error: String?, attributes: String?)] = [
        // "The document path provided in the update expression is invalid for update"; the peer does nothing.
        "SET l.a = :one": ("ValidationException", nil),
        // "Two document paths overlap with each other"; the peer doesn't look.
        "m, m.a": ("ValidationException", nil),
        // Elements keep the order that they have in the list; the peer gives them the expression's.
        "l[2].x, l[0]": (nil, #"{"l":{"L":[{"N":"1"},{"M":{"x":{"N":"3"}}}]}}"#),
    ]

    private static func compare(_ requests: [Request]) async throws {
        let peers = try await peer(requests)
        try #require(peers.count == requests.count)
        var faultCount = 0
        for (request, peer) in zip(requests, peers) {
            if peer.error == "PeerFault" {
                faultCount += 1
                continue
            }
            let ours = try await ours(request)
            let expressions = ["UpdateExpression", "ConditionExpression", "ProjectionExpression"]
            if let known = expressions.lazy.compactMap({ request.parameters[$0]?.stringValue })
                .compactMap({ differences[$0] }).first
            {
                #expect(ours.error == known.error)
                #expect(known.attributes == nil || ours.attributes?.typedJSON.text() == known.attributes)
                continue
            }
            #expect(ours == peer, "\(JSONValue.object(request.parameters).text()) on \(request.item ?? "nothing")")
        }
        #expect(faultCount * 10 < requests.count, "the peer failed by its own faults")
    }
}

/// Items and expressions by chance, the same for the same seed.
struct ExpressionChance {
    var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    private mutating func one<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    mutating func item() -> JSONValue {
        var item: JSONObject = ["pk": ["S": "k"]]
        for name in ["n", "s", "l", "m", "ss", "ns", "a"] where Int.random(in: 0..<4, using: &random) > 0 {
            switch name {
            case "n": item[name] = ["N": .string(one(["0", "1", "5", "10", "-2.5"]))]
            case "s": item[name] = ["S": .string(one(["a", "he", "hello", "x"]))]
            case "l": item[name] = ["L": one([[], [["N": "1"]], [["S": "a"], ["N": "5"], ["M": ["x": ["N": "1"]]]]])]
            case "m":
                item[name] = [
                    "M": one([["a": ["N": "1"]], ["a": ["S": "a"], "deep": ["M": ["b": ["L": [["N": "5"]]]]]]])
                ]
            case "ss": item[name] = ["SS": one([["a"], ["a", "b"], ["b", "c"]])]
            case "ns": item[name] = ["NS": one([["1"], ["2.5", "3"]])]
            // No booleans: the peer orders them among numbers, where AWS finds values of two types without order.
            default: item[name] = one([["S": "a"], ["N": "1"], ["NULL": true]])
            }
        }
        return .object(item)
    }

    private mutating func path() -> String {
        one(["n", "#n", "s", "l", "l[0]", "l[2].x", "m.a", "m.deep.b[0]", "ss", "ns", "a", "absent"])
    }

    /// A place without elements: of others the peer makes no copy, and then changes both.
    private mutating func scalar() -> String { one(["n", "s", "m.a", "absent"]) }

    private mutating func value() -> String { one([":zero", ":one", ":five", ":ten", ":he", ":hello", ":a"]) }

    mutating func condition(depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 12 : 7), using: &random) {
        case 0: return "\(path()) \(one(["=", "<>", "<", "<=", ">", ">="])) \(value())"
        case 1: return "attribute_exists(\(path()))"
        case 2: return "attribute_not_exists(\(path()))"
        case 3: return "\(path()) IN (\(value()), \(value()))"
        case 4: return "\(path()) BETWEEN :one AND :ten"
        case 5: return "contains(\(one(["s", "ss", "l"])), :a)"
        case 6: return "begins_with(s, :he)"
        case 7, 8: return "\(condition(depth: depth - 1)) AND \(condition(depth: depth - 1))"
        case 9: return "\(condition(depth: depth - 1)) OR \(condition(depth: depth - 1))"
        case 10: return "NOT \(condition(depth: 0))"
        default: return "(\(condition(depth: depth - 1)) OR \(condition(depth: 0)))"
        }
    }

    mutating func update() -> String {
        var sections: [String] = []
        if Bool.random(using: &random) {
            let values = [
                value(), "n + :one", "n - :five", "if_not_exists(\(scalar()), :zero)", "if_not_exists(n, :zero) + :one",
                "list_append(l, :list)", "list_append(if_not_exists(l, :list), :list)", scalar(),
            ]
            sections.append("SET \(one(["n", "x", "m.a", "l[0]", "l[1]", "m.deep.b[1]"])) = \(one(values))")
        }
        if Bool.random(using: &random) { sections.append("REMOVE \(one(["s", "a", "absent", "y"]))") }
        if Bool.random(using: &random) {
            sections.append("ADD " + one(["ss :ss", "ns :ns", "y :ten", "y :ss", "w :five"]))
        }
        if Bool.random(using: &random), !sections.joined().contains("ss") { sections.append("DELETE ss :ss") }
        return sections.isEmpty ? "SET x = :one" : sections.joined(separator: " ")
    }
}

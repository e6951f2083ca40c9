import JSON
import TestSupport
import Testing

@testable import Storage

/// The item that most expressions here are evaluated on, and what their placeholders stand for.
private enum Sample {
    static let item: Item = [
        "pk": "k", "n": 5, "s": "hello", "b": true, "nul": .null, "bin": .binary([1, 2, 3]),
        "l": .list([1, "two", .map(["x": 3])]), "m": .map(["a": 1, "deep": .map(["b": .list([7, 8])])]),
        "ss": .set(["a", "b"]), "ns": .set([1, .number("2.50")]), "dotted.name": "d",
    ]

    static let names = [
        "#n": "n", "#dot": "dotted.name", "#m": "m", "#deep": "deep", "#size": "size", "#status": "status",
    ]

    static let values: [String: AttributeValue] = [
        ":zero": 0, ":one": 1, ":five": 5, ":five0": .number("5.0"), ":ten": 10, ":he": "he", ":hello": "hello",
        ":world": "world", ":empty": "", ":a": "a", ":S": "S", ":N": "N", ":odd": "T", ":true": true, ":null": .null,
        ":list": .list([1]), ":map": .map(["a": 1]), ":ss": .set(["b", "c"]), ":ns": .set([.number("2.5"), 3]),
        ":bin": .binary([1, 2]),
    ]

    static func bindings() throws -> ExpressionBindings { try ExpressionBindings(names: names, values: values) }
}

private func message(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return (error as? ExpressionError)?.message ?? "\(error)"
    }
}

@Suite("Expressions: conditions")
struct ConditionExpressionTests {
    @Test(
        "hold as DynamoDB documents it",
        arguments: [
            ("n = :five", true), ("n = :five0", true), ("n <> :five", false), ("n < :ten", true), ("n >= :ten", false),
            ("s > :he", true), ("s = :five", false), ("s <> :five", true), ("s < :ten", false),
            ("absent = :five", false), ("absent <> :five", true), ("absent < :five", false),
            ("NOT absent < :five", true),
            ("n BETWEEN :one AND :ten", true), ("n between :ten and :ten", false), ("s BETWEEN :he AND :world", true),
            ("absent BETWEEN :one AND :ten", false),
            ("n IN (:one, :five)", true), ("n in (:one)", false), ("absent IN (:one)", false),
            ("#n=:five AND s=:hello", true), ("n = :one OR s = :hello", true),
            ("n = :one OR n = :five AND s = :world", false), ("(n = :one OR n = :five) AND s = :hello", true),
            ("NOT n = :one AND s = :hello", true), ("NOT (n = :one OR s = :hello)", false), ("NOT NOT n = :five", true),
            ("attribute_exists(m.deep.b[1])", true), ("attribute_exists(m.deep.b[2])", false),
            ("attribute_not_exists(l[2].y)", true), ("attribute_exists(l[2].x)", true),
            ("attribute_exists(#dot)", true),
            ("attribute_exists(nul)", true), ("attribute_exists(s.x)", false), ("attribute_exists(m[0])", false),
            ("attribute_type(n, :N)", true), ("attribute_type(s, :N)", false), ("attribute_type(absent, :S)", false),
            ("begins_with(s, :he)", true), ("begins_with(s, :world)", false), ("begins_with(bin, :bin)", true),
            ("begins_with(n, :he)", false), ("begins_with(s, :empty)", true),
            ("contains(s, :he)", true), ("contains(s, :empty)", true), ("contains(ss, :a)", true),
            ("contains(ns, :five)", false), ("contains(l, :one)", true), ("contains(l, :five)", false),
            ("contains(m, :a)", false), ("contains(bin, :bin)", true), ("contains(absent, :a)", false),
            ("size(s) = :five", true), ("size(l) > :one", true), ("size(m.deep) = :one", true),
            ("size(ss) BETWEEN :one AND :five", true), ("size(n) = :five", false), ("size(absent) = :zero", false),
            ("size(bin) IN (:one, :five)", false), (":five = n", true), ("n = #n", nil), ("(n) = (:five)", true),
            ("n <= size(s)", true), ("ns = :ns", false), ("m.a = :one", true), ("l[0]=m.a", true),
            ("  n\n=\t:five ", true), ("aNd = :one", nil),
        ] as [(String, Bool?)])
    func evaluation(text: String, expected: Bool?) throws {
        var bindings = try Sample.bindings()
        let condition = try? bindings.condition(text)
        #expect(condition?.holds(of: Sample.item) == expected)
    }

    @Test("an item that isn't there has no attributes")
    func absentItem() throws {
        var bindings = try Sample.bindings()
        for (text, expected) in [
            ("attribute_not_exists(pk)", true), ("attribute_exists(pk)", false), ("n <> :one", true),
            ("n = :one", false),
        ] {
            #expect(try bindings.condition(text).holds(of: nil) == expected, "\(text)")
        }
    }

    @Test(
        "are refused in DynamoDB's words",
        arguments: [
            ("", "The expression can not be empty;"), ("  ", "The expression can not be empty;"),
            ("a b", #"Syntax error; token: "b", near: "a b""#), ("a =", #"Syntax error; token: "<EOF>", near: "=""#),
            ("a", #"Syntax error; token: "<EOF>", near: "a""#), ("!!!", #"Syntax error; token: "!", near: "!!""#),
            ("__type = :a", #"Syntax error; token: "_", near: "__""#),
            ("n = :five AND _x = :a", #"Syntax error; token: "_", near: "AND _x""#),
            ("GI-1 = :a", #"Syntax error; token: "-", near: "GI-1""#),
            ("a = 5", #"Syntax error; token: "5", near: "= 5""#),
            ("a == :a", #"Syntax error; token: "=", near: "== :a""#),
            ("AND = :a", #"Syntax error; token: "AND", near: "AND =""#),
            ("(n = :one", #"Syntax error; token: "<EOF>", near: ":one""#),
            ("n = :one)", #"Syntax error; token: ")", near: ":one)""#),
            ("n IN ()", #"Syntax error; token: ")", near: "()""#),
            ("l[x] = :one", #"Syntax error; token: "x", near: "[x]""#),
            ("(n = :one) = :one", #"Syntax error; token: "=", near: ") = :one""#),
            ("n = :five é", #"Syntax error; token: "é", near: ":five é""#),
            ("((n = :one))", "The expression has redundant parentheses;"),
            ("size(n)", "The function is not allowed to be used this way in an expression; function: size"),
            (
                "contains(s, :a) = :true",
                "The function is not allowed to be used this way in an expression; function: contains"
            ),
            ("NOT size(s)", "The function is not allowed to be used this way in an expression; function: size"),
            ("whatever(n)", "Invalid function name; function: whatever"),
            ("Attribute_exists(n)", "Invalid function name; function: Attribute_exists"),
            ("status = :one", "Attribute name is a reserved keyword; reserved keyword: status"),
            ("m.Name = :one", "Attribute name is a reserved keyword; reserved keyword: Name"),
            ("#x = :one", "An expression attribute name used in the document path is not defined; attribute name: #x"),
            ("n = :x", "An expression attribute value used in expression is not defined; attribute value: :x"),
            (
                "contains(s)",
                "Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1"
            ),
            (
                "attribute_exists(:a)",
                "Operator or function requires a document path; operator or function: attribute_exists"
            ),
            (
                "attribute_type(n, :odd)",
                "Invalid attribute type name found; type: T, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
            ),
            (
                "begins_with(s, :one)",
                "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"
            ),
            (
                "size(:one) = :one",
                "Incorrect operand type for operator or function; operator or function: size, operand type: N"
            ),
            (
                "n < :true",
                "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"
            ),
            (
                "n = n",
                "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [n]"
            ),
            (
                "n BETWEEN :ten AND :one",
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:10}, upper bound operand: AttributeValue: {N:1}"
            ),
            (
                "n BETWEEN :one AND :a",
                "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}"
            ),
            ("l[99999999999] = :one", "List index is not within the allowable range; index: [99999999999]"),
        ])
    func errors(text: String, expected: String) throws {
        var bindings = try Sample.bindings()
        #expect(message { _ = try bindings.condition(text) } == "Invalid ConditionExpression: " + expected)
    }

    @Test("have DynamoDB's limits")
    func limits() throws {
        var bindings = try Sample.bindings()
        func refused(_ text: String) -> Bool { message { _ = try bindings.condition(text) } != nil }
        func joined(_ count: Int, _ separator: String, _ part: String) -> String {
            Array(repeating: part, count: count).joined(separator: separator)
        }
        #expect(!refused("n IN (" + joined(100, ",", ":one") + ")"))
        #expect(
            message { _ = try bindings.condition("n IN (" + joined(101, ",", ":one") + ")") }
                == "Invalid ConditionExpression: The IN operator is provided with too many operands; number of operands: 101"
        )
        #expect(!refused(joined(150, " OR ", "n=:one")))
        #expect(refused(joined(151, " OR ", "n=:one")), "301 operators")
        #expect(!refused("n = :one" + String(repeating: " ", count: 4_088)))
        #expect(refused("n = :one" + String(repeating: " ", count: 4_089)), "4,097 bytes")
        #expect(!refused(String(repeating: "NOT ", count: 90) + "n = :one"))
        for text in ["NOT ", "(", "size(", "NOT("] {
            #expect(refused(String(repeating: text, count: 1_000)))
        }
        #expect(!refused("a" + String(repeating: "[0]", count: 31) + " = :one"))
        #expect(refused("a" + String(repeating: "[0]", count: 32) + " = :one"))
    }
}

@Suite("Expressions: updates")
struct UpdateExpressionTests {
    @Test(
        "change what they name",
        arguments: [
            ("SET n = n + :one", ["n": 6]), ("set n = n - :ten", ["n": -5]), ("SET n = :ten - #n", ["n": 5]),
            ("SET x = if_not_exists(x, :zero) + :one", ["x": 1]), ("SET n = if_not_exists(n, :zero) + :one", ["n": 6]),
            ("SET n = if_not_exists(x, if_not_exists(y, :ten))", ["n": 10]), ("SET n = (n + :one)", ["n": 6]),
            ("SET n = (n) + (:one)", ["n": 6]),
            ("SET l = list_append(l, :list)", ["l": .list([1, "two", .map(["x": 3]), 1])]),
            ("SET l = list_append(:list, l)", ["l": .list([1, 1, "two", .map(["x": 3])])]),
            ("SET l = list_append(if_not_exists(x, :list), l)", ["l": .list([1, 1, "two", .map(["x": 3])])]),
            ("SET n = s, s = n", ["n": "hello", "s": 5]), ("SET x = pk", ["x": "k"]),
            ("SET l[1] = :ten", ["l": .list([1, 10, .map(["x": 3])])]),
            ("SET l[9] = :ten, l[5] = :five", ["l": .list([1, "two", .map(["x": 3]), 5, 10])]),
            ("SET l[2].y = :one", ["l": .list([1, "two", .map(["x": 3, "y": 1])])]),
            ("SET m.a = m.a + :one", ["m": .map(["a": 2, "deep": .map(["b": .list([7, 8])])])]),
            ("SET m.#deep.b[0] = :one", ["m": .map(["a": 1, "deep": .map(["b": .list([1, 8])])])]),
            ("SET #dot = :one", ["dotted.name": 1]), ("SET #status = :one", ["status": 1]),
            ("REMOVE n, s", ["n": nil, "s": nil]), ("REMOVE x", [:]), ("REMOVE m.x", [:]),
            ("REMOVE l[0], l[1]", ["l": .list([.map(["x": 3])])]), ("REMOVE l[9]", [:]),
            ("REMOVE m.deep.b[0]", ["m": .map(["a": 1, "deep": .map(["b": .list([8])])])]),
            ("ADD n :ten", ["n": 15]), ("ADD x :ten", ["x": 10]), ("ADD ss :ss", ["ss": .set(["a", "b", "c"])]),
            ("ADD x :ss", ["x": .set(["b", "c"])]), ("ADD ns :ns", ["ns": .set([1, .number("2.5"), 3])]),
            ("ADD m.a :one", ["m": .map(["a": 2, "deep": .map(["b": .list([7, 8])])])]),
            ("DELETE ss :ss", ["ss": .set(["a"])]), ("DELETE ns :ns", ["ns": .set([1])]), ("DELETE x :ss", [:]),
            ("SET x = :one REMOVE n ADD y :five DELETE ss :ss", ["x": 1, "n": nil, "y": 5, "ss": .set(["a"])]),
            ("remove s set x = s", ["s": nil, "x": "hello"]),
        ] as [(String, [String: AttributeValue?])])
    func application(text: String, changes: [String: AttributeValue?]) throws {
        var bindings = try Sample.bindings()
        let update = try bindings.update(text)
        var expected = Sample.item
        for (name, value) in changes { expected[name] = value }
        #expect(try update.applied(to: Sample.item) == expected)
        #expect(changes.keys.allSatisfy(update.writtenAttributes.contains))
        #expect(update.attributes.isSuperset(of: update.writtenAttributes))
    }

    @Test("an element set is emptied by taking out all, and then goes")
    func emptySet() throws {
        var bindings = try ExpressionBindings(values: [":all": .set(["a", "b"])])
        #expect(try bindings.update("DELETE ss :all").applied(to: Sample.item)["ss"] == nil)
    }

    @Test(
        "that don't fit the item are refused",
        arguments: [
            ("SET x.y = :one", "The document path provided in the update expression is invalid for update"),
            ("SET s[0] = :one", "The document path provided in the update expression is invalid for update"),
            ("SET l.a = :one", "The document path provided in the update expression is invalid for update"),
            ("SET l[7].a = :one", "The document path provided in the update expression is invalid for update"),
            ("REMOVE x.y", "The document path provided in the update expression is invalid for update"),
            ("SET x = absent", "The provided expression refers to an attribute that does not exist in the item"),
            ("SET x = absent + :one", "The provided expression refers to an attribute that does not exist in the item"),
            ("SET n = s + :one", "An operand in the update expression has an incorrect data type"),
            ("SET l = list_append(s, :list)", "An operand in the update expression has an incorrect data type"),
            ("ADD s :one", "An operand in the update expression has an incorrect data type"),
            ("ADD ss :ns", "An operand in the update expression has an incorrect data type"),
            ("ADD ss :one", "An operand in the update expression has an incorrect data type"),
            ("DELETE ss :ns", "An operand in the update expression has an incorrect data type"),
            ("DELETE n :ns", "An operand in the update expression has an incorrect data type"),
        ])
    func mismatches(text: String, expected: String) throws {
        var bindings = try Sample.bindings()
        let update = try bindings.update(text)
        #expect(message { _ = try update.applied(to: Sample.item) } == expected)
    }

    @Test(
        "are refused in DynamoDB's words",
        arguments: [
            ("", "The expression can not be empty;"),
            ("whatever", #"Syntax error; token: "whatever", near: "whatever""#),
            ("SET", #"Syntax error; token: "<EOF>", near: "SET""#),
            ("set _something = :one", #"Syntax error; token: "_", near: "set _something""#),
            ("set a", #"Syntax error; token: "<EOF>", near: "a""#),
            ("set a=set", #"Syntax error; token: "set", near: "=set""#),
            ("remove a = b", #"Syntax error; token: "=", near: "a = b""#),
            ("add a b", #"Syntax error; token: "b", near: "a b""#),
            ("ADD numx", #"Syntax error; token: "<EOF>", near: "numx""#),
            ("set :a = b", #"Syntax error; token: ":a", near: "set :a =""#),
            ("set numx = numx * :one", #"Syntax error; token: "*", near: "numx * :one""#),
            ("set a = b + c + d", #"Syntax error; token: "+", near: "c + d""#),
            ("set a = (b + c) + d", #"Syntax error; token: "+", near: ") + d""#),
            ("set (a = b)", #"Syntax error; token: "(", near: "set (a""#),
            ("set a = b,", #"Syntax error; token: "<EOF>", near: ",""#),
            ("set a = (b.c).d + e", #"Syntax error; token: ".", near: ").d""#),
            ("SET a = 100", #"Syntax error; token: "100", near: "= 100""#),
            ("SET if_not_exist(a, b) = a", #"Syntax error; token: "(", near: "if_not_exist(a""#),
            (" set abOrt = true ", "Attribute name is a reserved keyword; reserved keyword: abOrt"),
            ("set x = if_not_exist(:one)", "Invalid function name; function: if_not_exist"),
            ("set a = :one set c = :one", #"The "SET" section can only be used once in an update expression;"#),
            ("remove x set a = b REMOVE e", #"The "REMOVE" section can only be used once in an update expression;"#),
            (
                "SET #x = :one",
                "An expression attribute name used in the document path is not defined; attribute name: #x"
            ),
            ("SET a = :x", "An expression attribute value used in expression is not defined; attribute value: :x"),
            ("ADD a :x", "An expression attribute value used in expression is not defined; attribute value: :x"),
            (
                "set m.a = :one remove #m",
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m, a], path two: [m]"
            ),
            (
                "set n = :one, #n = :one",
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n]"
            ),
            (
                "set l[0] = a, l[0].ok = a",
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [l, [0]], path two: [l, [0], ok]"
            ),
            (
                "remove a.c set a[1] = d",
                "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, c], path two: [a, [1]]"
            ),
            ("add a :a", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"),
            (
                "delete a :five",
                "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER"
            ),
            ("add a :null", "Incorrect operand type for operator or function; operator: ADD, operand type: NULL"),
            (
                "set a = list_append(:a, a)",
                "Incorrect operand type for operator or function; operator or function: list_append, operand type: S"
            ),
            (
                "set a = a + :a",
                "Incorrect operand type for operator or function; operator or function: +, operand type: S"
            ),
            (
                "set a = if_not_exists(:a, c)",
                "Operator or function requires a document path; operator or function: if_not_exists"
            ),
            (
                "set a = list_append(c)",
                "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1"
            ),
        ])
    func errors(text: String, expected: String) throws {
        var bindings = try Sample.bindings()
        #expect(message { _ = try bindings.update(text) } == "Invalid UpdateExpression: " + expected)
    }

    @Test("sums are exact, and have 38 digits")
    func sums() throws {
        var bindings = try ExpressionBindings(values: [":x": .number("0.1"), ":big": .number("9.9E+125")])
        let item: Item = ["a": .number("0.2"), "b": .number("9.9E+125"), "c": .number("1E+37")]
        #expect(try bindings.update("SET a = a + :x").applied(to: item)["a"] == .number("0.3"))
        #expect(try bindings.update("SET a = a - :x").applied(to: item)["a"] == .number("0.1"))
        for text in ["SET b = b + :big", "ADD b :big", "ADD c :x"] {
            let update = try bindings.update(text)
            #expect(message { _ = try update.applied(to: item) }?.hasPrefix("Number overflow.") == true)
        }
    }
}

@Suite("Expressions: projections, keys and placeholders")
struct ProjectionExpressionTests {
    @Test(
        "a projection has what is there of its paths, lists closed up",
        arguments: [
            ("n", ["n": 5]), ("#n, s", ["n": 5, "s": "hello"]), ("absent", [:]), ("m.a", ["m": .map(["a": 1])]),
            ("m.x", [:]), ("l[2].x, l[0]", ["l": .list([1, .map(["x": 3])])]), ("l[9]", [:]),
            ("m.deep.b[1], m.a", ["m": .map(["a": 1, "deep": .map(["b": .list([8])])])]),
            ("#dot", ["dotted.name": "d"]),
        ] as [(String, Item)])
    func projections(text: String, expected: Item) throws {
        var bindings = try Sample.bindings()
        #expect(try bindings.projection(text).applied(to: Sample.item) == expected)
    }

    @Test(
        "a projection is refused in DynamoDB's words",
        arguments: [
            ("a,", #"Syntax error; token: "<EOF>", near: ",""#), ("a b", #"Syntax error; token: "b", near: "a b""#),
            ("!!!", #"Syntax error; token: "!", near: "!!""#), ("", "The expression can not be empty;"),
            ("name", "Attribute name is a reserved keyword; reserved keyword: name"),
            (
                "m.a, m",
                "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m, a], path two: [m]"
            ),
        ])
    func errors(text: String, expected: String) throws {
        var bindings = try Sample.bindings()
        #expect(message { _ = try bindings.projection(text) } == "Invalid ProjectionExpression: " + expected)
    }

    @Test(
        "a key's condition is one partition and a range of sort keys",
        arguments: [
            ("pk = :a", nil), ("pk = :a AND sk > :one", nil), (":a = pk AND :one < sk", nil),
            ("sk = :one AND pk = :a", nil),
            ("pk = :a AND sk BETWEEN :one AND :ten", nil),
            ("sk = :one", "Query condition missed key schema element: pk"),
            ("pk = :a AND x = :one", "Query condition missed key schema element: sk"),
            ("pk > :a", "Query key condition not supported"),
            (
                "pk = :one",
                "One or more parameter values were invalid: Condition parameter type does not match schema type"
            ),
            (
                "pk = :a AND begins_with(sk, :a)",
                "One or more parameter values were invalid: Condition parameter type does not match schema type"
            ),
            (
                "pk = :a OR sk = :one",
                "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: OR"
            ),
            (
                "pk = :a AND sk <> :one",
                "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: <>"
            ),
            (
                "pk = :a AND sk = :one AND sk < :ten",
                "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"
            ),
            (
                "pk.a = :a",
                "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes"
            ),
        ] as [(String, String?)])
    func keys(text: String, expected: String?) throws {
        var bindings = try Sample.bindings()
        let found = message {
            _ = try KeyCondition(
                try bindings.condition(text, .key), partitionKey: "pk", sortKey: "sk", keyTypes: ["sk": .number])
        }
        #expect(found == expected)
    }

    @Test("placeholders must be well-formed and used")
    func placeholders() throws {
        #expect(message { _ = try ExpressionBindings(names: [:]) } == "ExpressionAttributeNames must not be empty")
        #expect(
            message { _ = try ExpressionBindings(values: ["b": 1]) }
                == #"ExpressionAttributeValues contains invalid key: Syntax error; key: "b""#)
        #expect(message { _ = try ExpressionBindings(names: ["#a-b": "x"]) } != nil)
        var bindings = try ExpressionBindings(names: ["#a": "a", "#_b": "b", "#c": "c"], values: [":1": 1, ":x": 2])
        _ = try bindings.condition("#a = :1")
        #expect(
            message { try bindings.checkAllUsed() }
                == "Value provided in ExpressionAttributeNames unused in expressions: keys: {#_b, #c}")
        _ = try bindings.projection("#_b, #c")
        #expect(
            message { try bindings.checkAllUsed() }
                == "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}")
        _ = try bindings.update("SET z = :x")
        try bindings.checkAllUsed()
    }

    @Test("573 names are reserved, whatever their case")
    func reserved() {
        #expect(ReservedWords.all.count == 573)
        #expect(["ABORT", "ZONE", "Status", "name", "ttl"].allSatisfy(ReservedWords.contains))
        #expect(!ReservedWords.contains("pk") && !ReservedWords.contains("title"))
    }
}

@Suite("Expressions: anything at all", .timeLimit(.minutes(10)))
struct ExpressionFuzzTests {
    private static func readAll(_ text: String) {
        guard var bindings = try? Sample.bindings() else { return }
        if let condition = try? bindings.condition(text) { _ = condition.holds(of: Sample.item) }
        if let update = try? bindings.update(text) { _ = try? update.applied(to: Sample.item) }
        if let projection = try? bindings.projection(text) { _ = projection.applied(to: Sample.item) }
        _ = try? KeyCondition(
            try bindings.condition(text, .key), partitionKey: "pk", sortKey: "n", keyTypes: ["n": .number])
    }

    @Test("bytes by chance, and words by chance, are an expression or an error")
    func chance() {
        var random = SplitMix(seed: 7)
        let words = [
            "n", "s", "m.a", "l[0]", "#n", "#x", ":one", ":a", ":x", "(", ")", "[", "]", ",", ".", "=", "<>", "<", ">=",
            "+", "-", "AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE", "size(", "contains(",
            "if_not_exists(", "list_append(", "attribute_exists(", "1", "99999999999999999999", "é", "_", "\u{0}",
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...24, using: &random)
            if Bool.random(using: &random) {
                Self.readAll((0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " "))
            } else {
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                Self.readAll(String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    @Test("expressions that are cut, doubled or changed by a byte are an expression or an error")
    func cut() {
        for text in [
            "SET n = if_not_exists(#n, :zero) + :one, l[1].x = list_append(l, :list) REMOVE s, m.deep.b[0] ADD ns :ns DELETE ss :ss",
            "NOT (n BETWEEN :one AND :ten OR size(s) IN (:one, :five)) AND attribute_type(m.deep, :S) OR begins_with(s, :he)",
        ] {
            let bytes = Array(text.utf8)
            for end in bytes.indices {
                Self.readAll(String(decoding: bytes[..<end], as: UTF8.self))
                Self.readAll(String(decoding: bytes[end...], as: UTF8.self))
                for byte in [0, 40, 41, 46, 91, 128, 255] as [UInt8] {
                    var changed = bytes
                    changed[end] = byte
                    Self.readAll(String(decoding: changed, as: UTF8.self))
                }
            }
            Self.readAll(String(repeating: text, count: 40))
        }
    }
}

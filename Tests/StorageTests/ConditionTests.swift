import Testing

@testable import Storage

@Suite("Condition")
struct ConditionTests {
    static let item: Item = [
        "s": "b", "empty": "", "n": .number("10"), "t": true, "null": .null, "l": .list([1]), "m": .map(["a": 1]),
        "bin": .binary([1, 0]),
    ]

    @Test(
        "comparisons go by type and value, and never between types",
        arguments: [
            (.equals("s", "b"), true), (.equals("s", "B"), false), (.equals("s", .binary([98])), false),
            (.equals("n", .number("1e1")), true), (.equals("n", "10"), false), (.equals("t", true), true),
            (.equals("null", .null), true), (.equals("none", .null), false),
            (.equals("l", .list([.number("1.0")])), true),
            (.equals("m", .map(["a": 1])), true), (.equals("m", .map(["a": 1, "b": 2])), false),
            (.notEquals("s", "b"), false), (.notEquals("s", "c"), true), (.notEquals("n", "10"), true),
            (.notEquals("none", "b"), true),
            (.lessThan("n", 11), true), (.lessThan("n", 9), false), (.lessThan("n", "11"), false),
            (.lessThan("none", 11), false),
            (.lessThan("n", .number("10.00000000000000000000000000000000001")), true),
            (.lessOrEqual("n", .number("10.0")), true), (.greaterThan("n", .number("9.99")), true),
            (.greaterOrEqual("n", 11), false), (.greaterThan("s", "a"), true), (.greaterThan("s", "b"), false),
            (.greaterThan("empty", ""), false), (.greaterOrEqual("empty", ""), true), (.lessThan("s", "bb"), true),
            (.lessThan("bin", .binary([1, 0, 0])), true), (.lessThan("t", true), false),
            (.lessOrEqual("null", .null), false),
            (.greaterOrEqual("l", .list([1])), false), (.lessThan("n", .number("no number")), false),
        ] as [(Condition, Bool)])
    func comparisons(condition: Condition, expected: Bool) {
        #expect(condition.holds(of: Self.item) == expected)
    }

    @Test("an item that isn't there has no attributes")
    func absentItem() {
        #expect(Condition.attributeNotExists("s").holds(of: nil))
        #expect(!Condition.attributeExists("s").holds(of: nil))
        #expect(Condition.attributeExists("null").holds(of: Self.item))
        #expect(Condition.notEquals("s", "b").holds(of: nil))
        #expect(!Condition.equals("s", "b").holds(of: nil))
    }

    @Test("and of nothing is true, or of nothing false, not turns either round")
    func combinations() {
        let (yes, no) = (Condition.attributeExists("s"), Condition.attributeExists("x"))
        for (condition, expected) in [
            (.and([]), true), (.or([]), false), (.and([yes]), true), (.or([no]), false),
            (.not(.or([.and([no])])), true), (.not(no), true), (.and([yes, no]), false), (.and([yes, yes]), true),
            (.or([no, yes]), true), (.or([no, no]), false), (.not(.and([yes, .or([no, .not(yes)])])), true),
        ] as [(Condition, Bool)] {
            #expect(condition.holds(of: Self.item) == expected)
        }
    }

    @Test("letters that Unicode calls equal are different text")
    func composedAndDecomposed() {
        #expect(!Condition.equals("a", "é").holds(of: ["a": "e\u{301}"]))
        #expect(AttributeValue.string("é") != "e\u{301}")
    }
}

import JSON

/// A Choice state: goes where its first true rule says.
package struct ChoiceState: Sendable {
    package struct Rule: Sendable {
        let condition: ChoiceCondition
        let next: String
        let assign: StateTemplate?
        let output: StateTemplate?
    }

    package let rules: [Rule]
    package let fallback: String?

    /// The first rule whose condition holds; nil when none does.
    ///
    /// - Throws: ``StateError`` of the first condition that can't be decided.
    func trueRule(_ data: StateData) throws(StateError) -> Int? {
        for (index, rule) in rules.enumerated() where try rule.condition.holds(data) { return index }
        return nil
    }

    static func read(_ fields: FieldReader) -> ChoiceState? {
        let fallback = fields.string("Default")
        fields.require("Choices")
        guard let value = fields.value("Choices") else { return nil }
        guard let choices = value.arrayValue, !choices.isEmpty else {
            fields.report("Choices", "must be a list of at least one rule")
            return nil
        }
        let rules = choices.enumerated().compactMap { index, choice -> Rule? in
            guard let inner = fields.inner(choice, ["Choices", String(index)]) else { return nil }
            let next = inner.string("Next", isRequired: true)
            let assign = inner.assign()
            var output: StateTemplate?
            if fields.language == .jsonata {
                output = inner.template("Output")
            } else {
                inner.refuse(
                    ["Output", "Condition"], because: "belongs to JSONata, and this state's language is JSONPath")
            }
            let condition = ChoiceCondition.read(inner, depth: 0)
            inner.finish("a choice rule")
            guard let next, let condition else { return nil }
            return Rule(condition: condition, next: next, assign: assign, output: output)
        }
        return rules.count == choices.count ? ChoiceState(rules: rules, fallback: fallback) : nil
    }
}

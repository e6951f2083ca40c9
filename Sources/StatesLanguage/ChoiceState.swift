import JSON

/// A Choice state: goes where its first true rule says.
package struct ChoiceState: Sendable {
    package struct Rule: Sendable {
        let condition: ChoiceCondition
        let next: String
    }

    package let rules: [Rule]
    package let fallback: String?

    static func read(_ fields: FieldReader) -> ChoiceState? {
        let fallback = fields.string("Default")
        guard let choices = fields.value("Choices")?.arrayValue, !choices.isEmpty else {
            fields.reportHere("the field Choices is missing or holds no rule")
            return nil
        }
        let rules = choices.enumerated().compactMap { index, choice -> Rule? in
            let path = fields.path + ["Choices", String(index)]
            guard let inner = FieldReader(choice, at: path, reader: fields.reader) else { return nil }
            let next = inner.string("Next", isRequired: true)
            inner.refuse(["Assign", "Output", "Condition"], because: "variables and JSONata come later")
            let condition = ChoiceCondition.read(inner, depth: 0)
            inner.finish("a choice rule")
            guard let next, let condition else { return nil }
            return Rule(condition: condition, next: next)
        }
        return rules.count == choices.count ? ChoiceState(rules: rules, fallback: fallback) : nil
    }
}

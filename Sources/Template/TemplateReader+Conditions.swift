import YAML

extension TemplateReader {
    /// Whether the condition `name` holds; one that is missing or wrong is reported and counts as true.
    mutating func condition(_ name: String, at position: YAMLPosition) -> Bool {
        if let known = conditionResults[name] { return known }
        guard let entry = conditions[name] else {
            report(.unknownReference, at: position, "there is no condition \(name)")
            return true
        }
        guard openConditions.insert(name).inserted else {
            report(.circularDependency, at: entry.keyPosition, "the condition \(name) refers to itself")
            return true
        }
        let result = truth(entry.value)
        openConditions.remove(name)
        conditionResults[name] = result
        return result
    }

    private mutating func truth(_ node: YAMLNode) -> Bool {
        let call: (name: String, argument: YAMLNode)
        if let function = TemplateFunction(node) {
            call = (function.name, function.argument)
        } else if let entry = node.mapping?.first, node.mapping?.count == 1, entry.key == "Condition" {
            call = ("Condition", entry.value)
        } else {
            return misuse(node, "a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition")
        }
        let arguments = call.argument.sequence
        switch call.name {
        case "Condition":
            guard let name = call.argument.scalar?.text else {
                return misuse(node, "Condition takes the name of a condition")
            }
            return condition(name, at: node.position)
        case "Fn::Equals":
            guard let arguments, arguments.count == 2 else { return misuse(node, "Fn::Equals takes two values") }
            let left = evaluate(arguments[0])
            let right = evaluate(arguments[1])
            if left.isIncomplete || right.isIncomplete { return true }
            if let left = left.text, let right = right.text { return left == right }
            return left.json == right.json
        case "Fn::Not":
            guard let arguments, arguments.count == 1 else {
                return misuse(node, "Fn::Not takes a list of one condition")
            }
            return !truth(arguments[0])
        case "Fn::And", "Fn::Or":
            guard let arguments, (2...10).contains(arguments.count) else {
                return misuse(node, "\(call.name) takes a list of 2 to 10 conditions")
            }
            var results: [Bool] = []
            for argument in arguments { results.append(truth(argument)) }
            return call.name == "Fn::And" ? results.allSatisfy { $0 } : results.contains(true)
        default:
            report(.unsupportedFunction, at: node.position, "\(call.name) is no function of a condition")
            return true
        }
    }

    private mutating func misuse(_ node: YAMLNode, _ message: String) -> Bool {
        report(.invalidValue, at: node.position, message)
        return true
    }
}

import Clocks
import JSON

/// One comparison of a condition, and how it is to come out.
struct CaseLiteral: Sendable {
    let path: JSONPath
    var comparison: Comparison
    let expected: Bool
}

extension ChoiceCondition {
    /// Ways for the condition to come out as wanted, in the order in which it is evaluated: what comes before the part that
    /// decides must be decided, too. Nil when there are JSONata expressions in it or too many ways.
    func alternatives(_ wanted: Bool) -> [[CaseLiteral]]? {
        switch self {
        case .expression: return nil
        case .compare(let path, let comparison):
            return [[CaseLiteral(path: path, comparison: comparison, expected: wanted)]]
        case .not(let inner): return inner.alternatives(!wanted)
        case .and(let parts): return ChoiceCondition.alternatives(parts, all: true, wanted)
        case .or(let parts): return ChoiceCondition.alternatives(parts, all: false, !wanted)
        }
    }

    /// - Parameters:
    ///   - all: What each part is while nothing is decided: true for And.
    ///   - wanted: Whether all parts are to be so; otherwise the first that is not decides.
    private static func alternatives(_ parts: [ChoiceCondition], all: Bool, _ wanted: Bool) -> [[CaseLiteral]]? {
        var undecided: [[CaseLiteral]] = [[]]
        var decided: [[CaseLiteral]] = []
        for part in parts {
            guard let same = part.alternatives(all), let other = part.alternatives(!all) else { return nil }
            decided += undecided.flatMap { before in other.map { before + $0 } }
            undecided = undecided.flatMap { before in same.map { before + $0 } }
            guard decided.count <= maximumAlternatives, undecided.count <= maximumAlternatives else { return nil }
        }
        // For Or, `wanted` is whether no part holds.
        return wanted ? undecided : decided
    }

    static let maximumAlternatives = 256
}

extension ChoiceState {
    /// Ways for a rule to be the first that holds; nil for the rule stands for the Default.
    func alternatives(of rule: Int?) -> [[CaseLiteral]]? {
        var found: [[CaseLiteral]] = [[]]
        for index in 0..<(rule ?? rules.count) {
            guard let not = rules[index].condition.alternatives(false) else { return nil }
            found = found.flatMap { before in not.map { before + $0 } }
            guard found.count <= ChoiceCondition.maximumAlternatives else { return nil }
        }
        guard let rule else { return found }
        guard let holds = rules[rule].condition.alternatives(true) else { return nil }
        return found.flatMap { before in holds.map { before + $0 } }
    }
}

/// Finds a value for which comparisons come out as wanted, by trying those near what they compare with.
enum CaseValues {
    /// - Parameter current: What is there without a choice; it stays when it will do.
    /// - Returns: Nil when no value was found; a value of nil is that nothing is there.
    static func value(for literals: [CaseLiteral], current: JSONValue?) -> JSONValue?? {
        var candidates: [JSONValue?] = [current]
        for literal in literals { candidates += near(literal.comparison).map { $0 } }
        candidates += [nil, "text", 1, 0, true, false, .null, [[:]], [:], "2024-06-25T10:00:00Z"]
        for candidate in candidates where literals.allSatisfy({ holds($0, candidate) }) { return .some(candidate) }
        return nil
    }

    /// Whether the evaluation of the language itself says so.
    private static func holds(_ literal: CaseLiteral, _ value: JSONValue?) -> Bool {
        if case .isPresent(let expected) = literal.comparison {
            return ((value != nil) == expected) == literal.expected
        }
        guard let value else { return false }
        let data = StateData(
            input: value, context: nothing, variables: [:], now: Timestamp(microsecondsSinceEpoch: 0),
            entropy: SeededEntropy(seed: 0))
        return (try? literal.comparison.holds(value, data)) == literal.expected
    }

    private static var nothing: ContextObject {
        ContextObject(
            identity: ExecutionIdentity(
                arn: "", name: "", stateMachineARN: "", stateMachineName: "", roleARN: ""), executionInput: .null,
            startTime: Timestamp(microsecondsSinceEpoch: 0), redriveCount: 0, redriveTime: nil, stateName: "",
            enteredTime: Timestamp(microsecondsSinceEpoch: 0), retryCount: nil, item: nil, taskToken: nil, given: nil)
    }

    /// A value of a comparison's kind.
    static func typical(_ kind: Comparison.Kind) -> JSONValue {
        switch kind {
        case .string: "text"
        case .numeric: 1
        case .boolean: true
        case .timestamp: "2024-06-25T10:00:00Z"
        }
    }

    private static func near(_ comparison: Comparison) -> [JSONValue] {
        switch comparison {
        case .isPresent, .test, .relation(_, _, .path): return []
        case .matches(let parts):
            return ["", "x"].map { filling in
                .string(
                    parts.map { part in
                        if case .text(let text) = part { text } else { filling }
                    }.joined())
            }
        case .relation(.boolean, _, .literal): return [true, false]
        case .relation(.numeric, _, .literal(let value)):
            guard let number = value.doubleValue else { return [] }
            let near = [number + 1, number - 1, number + 0.5, number - 0.5].map { number -> JSONValue in
                abs(number) < 1e15 && number == number.rounded() ? .int(Int(number)) : .double(number)
            }
            return [value] + near
        case .relation(.timestamp, _, .literal(let value)):
            guard let time = value.stringValue.flatMap({ Timestamp(iso8601: $0) }) else { return [] }
            return [value] + [1, -1].map { .string((time + .seconds($0)).iso8601) }
        case .relation(.string, _, .literal(let value)):
            let text = value.stringValue ?? ""
            return [value, .string(text + "x"), .string(String(text.dropLast())), ""]
        }
    }
}

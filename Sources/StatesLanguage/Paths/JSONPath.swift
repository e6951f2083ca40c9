package import JSON
import RegularExpressions

/// A path into a JSON value, in the dialect that the States Language takes from Jayway's JSONPath.
///
/// Names, indices (negative ones count from the end), wildcards, slices, unions, deep scans, filters and functions.
package struct JSONPath: Sendable, Hashable {
    package enum Root: Sendable, Hashable {
        /// `$`: the state's input.
        case input
        /// `$$`: the context object.
        case context
        /// `$name`: a variable.
        case variable(String)
        /// `@`: in a filter, what is being tried.
        case current
    }

    indirect enum Step: Sendable, Hashable {
        case member(String)
        case index(Int)
        case wildcard
        case slice(Int?, Int?)
        case members([String])
        case indices([Int])
        /// `..`: the step that follows is taken from the value and from everything inside it.
        case descend
        case filter(JSONPathFilter)
        case function(JSONPathFunction, [JSONPathOperand])
    }

    package let text: String
    package let root: Root
    let steps: [Step]

    /// Whether the path leads to at most one place; others give an array of what they find.
    package var isDefinite: Bool { JSONPath.isDefinite(steps[...]) }

    static func isDefinite(_ steps: ArraySlice<Step>) -> Bool {
        for (index, step) in zip(steps.indices, steps) {
            switch step {
            case .member, .index: continue
            // The members that are there make one object, when nothing follows.
            case .members: if index != steps.endIndex - 1 { return false }
            case .function: return true
            default: return false
            }
        }
        return true
    }

    /// Whether the path may say where a result goes: `$` and names and indices only (a reference path).
    package var isReference: Bool {
        root == .input
            && steps.allSatisfy { step in
                switch step {
                case .member, .index: true
                default: false
                }
            }
    }

    /// What the path finds: for a definite path nil when nothing is there, for others an array, perhaps empty.
    package func value(in document: JSONValue) -> JSONValue? { value(from: document, document: document) }

    /// - Parameters:
    ///   - start: What the path's own root stands for.
    ///   - document: What `$` stands for in filters.
    func value(from start: JSONValue, document: JSONValue) -> JSONValue? {
        guard let last = steps.lastIndex(where: { if case .function = $0 { true } else { false } }) else {
            return JSONPath.found(steps[...], from: start, document: document)
        }
        guard case .function(let function, let operands) = steps[last] else { return nil }
        let model = JSONPath.found(steps[..<last], from: start, document: document)
        guard let model else { return nil }
        let arguments = operands.map { (operand) -> JSONValue? in operand.value(current: start, document: document) }
        guard let made = function.apply(to: model, arguments) else { return nil }
        return JSONPath.found(steps[(last + 1)...], from: made, document: document)
    }

    private static func found(_ steps: ArraySlice<Step>, from start: JSONValue, document: JSONValue) -> JSONValue? {
        guard isDefinite(steps) else { return .array(matches(steps, in: start, document)) }
        var current = start
        for step in steps {
            guard let next = JSONPath.definite(step, of: current) else { return nil }
            current = next
        }
        return current
    }

    private static func definite(_ step: Step, of value: JSONValue) -> JSONValue? {
        switch step {
        case .member(let name): return value[name]
        case .index(let index): return element(index, of: value)
        case .members(let names):
            guard let object = value.objectValue else { return nil }
            return .object(JSONObject(names.compactMap { name in object[name].map { (name, $0) } }))
        default: return nil
        }
    }

    private static func element(_ index: Int, of value: JSONValue) -> JSONValue? {
        guard let array = value.arrayValue else { return nil }
        let position = index < 0 ? array.count + index : index
        return array.indices.contains(position) ? array[position] : nil
    }

    private static func matches(
        _ steps: ArraySlice<Step>, in value: JSONValue, _ document: JSONValue
    ) -> [JSONValue] {
        guard let step = steps.first else { return [value] }
        let rest = steps.dropFirst()
        func go(_ values: [JSONValue]) -> [JSONValue] {
            rest.isEmpty ? values : values.flatMap { matches(rest, in: $0, document) }
        }
        switch step {
        case .member, .index: return definite(step, of: value).map { go([$0]) } ?? []
        case .wildcard: return go(children(of: value))
        case .members(let names):
            if rest.isEmpty { return definite(step, of: value).map { [$0] } ?? [] }
            return go(names.compactMap { value[$0] })
        case .indices(let indices): return go(indices.compactMap { element($0, of: value) })
        case .slice(let from, let to): return go(value.arrayValue.map { Array(sliced($0, from, to)) } ?? [])
        case .descend: return go([value]) + children(of: value).flatMap { matches(steps, in: $0, document) }
        case .filter(let filter):
            // An object is tried itself; of an array each element is.
            let candidates = value.arrayValue ?? (value.objectValue == nil ? [] : [value])
            return go(candidates.filter { filter.holds(for: $0, document: document) })
        case .function: return []
        }
    }

    static func children(of value: JSONValue) -> [JSONValue] {
        value.arrayValue ?? value.objectValue?.values ?? []
    }

    private static func sliced(_ array: [JSONValue], _ from: Int?, _ to: Int?) -> ArraySlice<JSONValue> {
        func clamp(_ index: Int) -> Int { min(max(index < 0 ? array.count + index : index, 0), array.count) }
        let (start, end) = (clamp(from ?? 0), clamp(to ?? array.count))
        return start < end ? array[start..<end] : []
    }
}

package import JSON

/// A path into a JSON value, in the dialect that the States Language takes from Jayway's JSONPath.
///
/// Names, indices (negative ones count from the end), wildcards, slices, unions and deep scans. Filters and functions
/// are refused when the path is read.
package struct JSONPath: Sendable, Hashable {
    package enum Root: Sendable, Hashable {
        /// `$`: the state's input.
        case input
        /// `$$`: the context object.
        case context
    }

    indirect enum Step: Sendable, Hashable {
        case member(String)
        case index(Int)
        case wildcard
        case slice(Int?, Int?, Int?)
        case members([String])
        case indices([Int])
        /// `..`: the step that follows is taken from the value and from everything inside it.
        case descend
    }

    package let text: String
    package let root: Root
    let steps: [Step]

    /// Whether the path leads to at most one place; others give an array of what they find.
    package var isDefinite: Bool {
        steps.allSatisfy { step in
            switch step {
            case .member, .index: true
            default: false
            }
        }
    }

    /// Whether the path may say where a result goes: `$` and names and indices only (a reference path).
    package var isReference: Bool { root == .input && isDefinite }

    /// What the path finds: for a definite path nil when nothing is there, for others an array, perhaps empty.
    package func value(in value: JSONValue) -> JSONValue? {
        if isDefinite {
            var current = value
            for step in steps {
                switch step {
                case .member(let name): guard let next = current[name] else { return nil }; current = next
                case .index(let index):
                    guard let next = JSONPath.element(index, of: current) else { return nil }; current = next
                default: return nil
                }
            }
            return current
        }
        return .array(JSONPath.matches(steps[...], in: value))
    }

    private static func element(_ index: Int, of value: JSONValue) -> JSONValue? {
        guard let array = value.arrayValue else { return nil }
        let position = index < 0 ? array.count + index : index
        return array.indices.contains(position) ? array[position] : nil
    }

    private static func matches(_ steps: ArraySlice<Step>, in value: JSONValue) -> [JSONValue] {
        guard let step = steps.first else { return [value] }
        let rest = steps.dropFirst()
        switch step {
        case .member(let name): return value[name].map { matches(rest, in: $0) } ?? []
        case .index(let index): return element(index, of: value).map { matches(rest, in: $0) } ?? []
        case .wildcard: return children(of: value).flatMap { matches(rest, in: $0) }
        case .members(let names): return names.compactMap { value[$0] }.flatMap { matches(rest, in: $0) }
        case .indices(let indices):
            return indices.compactMap { element($0, of: value) }.flatMap { matches(rest, in: $0) }
        case .slice(let from, let to, let by):
            guard let array = value.arrayValue else { return [] }
            return sliced(array, from, to, by).flatMap { matches(rest, in: $0) }
        case .descend: return matches(rest, in: value) + children(of: value).flatMap { matches(steps, in: $0) }
        }
    }

    private static func children(of value: JSONValue) -> [JSONValue] {
        value.arrayValue ?? value.objectValue?.values ?? []
    }

    private static func sliced(_ array: [JSONValue], _ from: Int?, _ to: Int?, _ by: Int?) -> [JSONValue] {
        let by = by ?? 1
        guard by > 0 else { return [] }
        func clamp(_ index: Int) -> Int { min(max(index < 0 ? array.count + index : index, 0), array.count) }
        let (start, end) = (clamp(from ?? 0), clamp(to ?? array.count))
        return start < end ? stride(from: start, to: end, by: by).map { array[$0] } : []
    }
}

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

    /// Whether the path leads to at most one place; others give an array of what they find. A function gives one value,
    /// whatever leads to it.
    package var isDefinite: Bool {
        let last = steps.lastIndex { if case .function = $0 { true } else { false } }
        return JSONPath.isDefinite(steps[(last.map { $0 + 1 } ?? 0)...])
    }

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
    ///
    /// - Throws: ``JSONPathError`` when that takes too long.
    package func value(in document: JSONValue) throws(JSONPathError) -> JSONValue? {
        var work = PathWork()
        return try value(from: document, document: document, &work)
    }

    /// - Parameters:
    ///   - start: What the path's own root stands for.
    ///   - document: What `$` stands for in filters.
    func value(
        from start: JSONValue, document: JSONValue, _ work: inout PathWork
    ) throws(JSONPathError) -> JSONValue? {
        guard let last = steps.lastIndex(where: { if case .function = $0 { true } else { false } }) else {
            return try JSONPath.found(steps[...], from: start, document: document, &work)
        }
        guard case .function(let function, let operands) = steps[last] else { return nil }
        let model = try JSONPath.found(steps[..<last], from: start, document: document, &work)
        guard let model else { return nil }
        var arguments: [JSONValue?] = []
        for operand in operands {
            arguments.append(try operand.value(current: start, document: document, &work))
        }
        try work.spend(model.elementCount ?? 1)
        guard let made = function.apply(to: model, arguments) else { return nil }
        return try JSONPath.found(steps[(last + 1)...], from: made, document: document, &work)
    }

    private static func found(
        _ steps: ArraySlice<Step>, from start: JSONValue, document: JSONValue, _ work: inout PathWork
    ) throws(JSONPathError) -> JSONValue? {
        guard isDefinite(steps) else {
            var found: [JSONValue] = []
            try collect(steps, in: start, document, &work, into: &found)
            return .array(found)
        }
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

    /// Appends what steps lead to from a value, in the order of the document. What is still to be looked at is kept in a
    /// list: a value may be deeper than the stack.
    private static func collect(
        _ steps: ArraySlice<Step>, in value: JSONValue, _ document: JSONValue, _ work: inout PathWork,
        into found: inout [JSONValue]
    ) throws(JSONPathError) {
        var open = [(steps: steps, value: value)]
        while let (steps, value) = open.popLast() {
            try work.spend()
            guard let step = steps.first else {
                found.append(value)
                continue
            }
            let rest = steps.dropFirst()
            let next: [JSONValue]
            switch step {
            case .member, .index: next = definite(step, of: value).map { [$0] } ?? []
            case .wildcard: next = children(of: value)
            case .members(let names):
                if rest.isEmpty {
                    if let members = definite(step, of: value) { found.append(members) }
                    continue
                }
                next = names.compactMap { value[$0] }
            case .indices(let indices): next = indices.compactMap { element($0, of: value) }
            case .slice(let from, let to): next = value.arrayValue.map { Array(sliced($0, from, to)) } ?? []
            case .descend:
                for child in children(of: value).reversed() { open.append((steps, child)) }
                next = [value]
            case .filter(let filter):
                // An object is tried itself; of an array each element is.
                let candidates = value.arrayValue ?? (value.objectValue == nil ? [] : [value])
                var holding: [JSONValue] = []
                for candidate in candidates where try filter.holds(for: candidate, document: document, &work) {
                    holding.append(candidate)
                }
                next = holding
            case .function: continue
            }
            for value in next.reversed() { open.append((rest, value)) }
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

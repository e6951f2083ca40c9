import JSON

/// Puts a result where ResultPath says.
enum ResultPlace {
    /// - Throws: ``StateError`` `States.ResultPathMatchFailure` when the path leads through something that is neither
    ///   object nor array.
    static func put(_ result: JSONValue, at choice: PathChoice, of input: JSONValue) throws(StateError) -> JSONValue {
        switch choice {
        case .whole: return result
        case .nothing: return input
        case .path(let path):
            guard let combined = put(result, path.steps[...], in: input) else {
                throw StateError(
                    "States.ResultPathMatchFailure",
                    cause: "Unable to apply step \"\(path.text)\" to input \(input.text())")
            }
            return combined
        }
    }

    private static func put(_ result: JSONValue, _ steps: ArraySlice<JSONPath.Step>, in value: JSONValue?) -> JSONValue?
    {
        guard let step = steps.first else { return result }
        let rest = steps.dropFirst()
        switch (step, value) {
        case (.member(let name), nil): return put(result, rest, in: nil).map { .object([name: $0]) }
        case (.member(let name), .object(var object)?):
            guard let inner = put(result, rest, in: object[name]) else { return nil }
            object[name] = inner
            return .object(object)
        case (.index(let index), .array(var array)?):
            guard array.indices.contains(index), let inner = put(result, rest, in: array[index]) else { return nil }
            array[index] = inner
            return .array(array)
        default: return nil
        }
    }
}

extension JSONPath {
    /// The path as Jayway spells it in messages: `$['a'][0]`.
    var normalized: String {
        var text = root == .context ? "$$" : "$"
        for step in steps {
            switch step {
            case .member(let name): text += "['\(name)']"
            case .index(let index): text += "[\(index)]"
            case .wildcard: text += "[*]"
            case .members(let names): text += "[\(names.map { "'\($0)'" }.joined(separator: ","))]"
            case .indices(let indices): text += "[\(indices.map(String.init).joined(separator: ","))]"
            case .filter: text += "[?]"
            case .function(let function, _): text += ".\(function.rawValue)()"
            case .slice(let from, let to): text += "[\(from.map(String.init) ?? ""):\(to.map(String.init) ?? "")]"
            case .descend: text += ".."
            }
        }
        return text
    }
}

import Clocks
import JSON

/// What the expressions of a state see.
struct StateData {
    /// `$` of a path, `$states.input` of JSONata.
    var input: JSONValue
    /// Made into JSON only for the expressions that ask for it.
    let context: ContextObject
    let variables: [String: JSONValue]
    let now: Timestamp
    let entropy: any Entropy
    /// Bytes that a template may make.
    var maximumByteCount = Execution.Limits().maximumDataByteCount
    /// `$states.result`.
    var result: JSONValue?
    /// `$states.errorOutput`.
    var errorOutput: JSONValue?

    func with(input: JSONValue) -> StateData {
        var data = self
        data.input = input
        return data
    }

    /// What a path starts from; nil for a variable that has not been assigned.
    func root(of path: JSONPath) -> JSONValue? {
        switch path.root {
        case .input, .current: input
        case .context: context.json
        case .variable(let name): variables[name]
        }
    }

    /// - Throws: ``StateError`` `States.Runtime` for a path that takes too long.
    func value(at path: JSONPath) throws(StateError) -> JSONValue? {
        guard let root = root(of: path) else { return nil }
        do {
            return try path.value(in: root)
        } catch {
            throw .runtime("The path '\(path.text)' can't be evaluated: \(error)")
        }
    }

    /// What InputPath or OutputPath makes of the input.
    func selected(_ choice: PathChoice) throws(StateError) -> JSONValue {
        switch choice {
        case .whole: return input
        case .nothing: return [:]
        case .path(let path): return try required(path)
        }
    }

    func required(_ path: JSONPath) throws(StateError) -> JSONValue {
        guard let value = try value(at: path) else {
            throw .runtime("Invalid path '\(path.text)' : No results for path: \(path.normalized)")
        }
        return value
    }

    /// `$states`, with the members that an expression may look at.
    func states(hasContext: Bool) -> JSONValue {
        var object: JSONObject = ["input": input]
        if hasContext { object["context"] = context.json }
        if let result { object["result"] = result }
        if let errorOutput { object["errorOutput"] = errorOutput }
        return .object(object)
    }
}

import JSON

/// A place where a state machine's definition names a Lambda function.
struct FunctionCall: Hashable {
    /// The name without version or alias.
    let function: String
    /// Keys and decimal indices from the definition's root.
    let path: [String]

    /// All calls in a definition whose function can be told: ARNs as `Resource`, and `FunctionName` of `lambda:invoke`.
    static func all(in definition: JSONValue) -> [FunctionCall] {
        var calls: [FunctionCall] = []
        collect(definition, [], &calls)
        return calls
    }

    private static func collect(_ value: JSONValue, _ path: [String], _ calls: inout [FunctionCall]) {
        switch value {
        case .object(let members):
            if members["Type"]?.stringValue == "Task", let resource = members["Resource"]?.stringValue {
                if let name = name(inARN: resource) {
                    calls.append(FunctionCall(function: name, path: path + ["Resource"]))
                } else if resource.contains(":states:::lambda:invoke") {
                    for key in ["Parameters", "Arguments"] {
                        guard let text = members[key]?["FunctionName"]?.stringValue, let name = name(text) else {
                            continue
                        }
                        calls.append(FunctionCall(function: name, path: path + [key, "FunctionName"]))
                    }
                }
            }
            for (key, value) in members { collect(value, path + [key], &calls) }
        case .array(let elements):
            for (index, element) in elements.enumerated() { collect(element, path + [String(index)], &calls) }
        default: break
        }
    }

    /// The function of `arn:...:lambda:REGION:ACCOUNT:function:NAME[:VERSION]`.
    private static func name(inARN text: String) -> String? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 7, parts[0] == "arn", parts[2] == "lambda", parts[5] == "function" else { return nil }
        return String(parts[6])
    }

    /// The function of an ARN or of `NAME[:VERSION]`; nil for an expression (`{% ... %}`) and what was not substituted.
    private static func name(_ text: String) -> String? {
        if text.hasPrefix("{%") || text.contains("${") { return nil }
        return name(inARN: text) ?? text.split(separator: ":").first.map(String.init)
    }
}

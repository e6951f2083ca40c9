import JSON

extension IntrinsicFunction {
    /// Members of the second object replace those of the first; objects inside are not merged.
    func jsonMerge(_ arguments: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        guard var merged = arguments[0].objectValue, let second = arguments[1].objectValue else {
            throw IntrinsicFailure("The first two arguments of \(rawValue) must be objects")
        }
        guard arguments[2] == false else {
            throw IntrinsicFailure(
                "The third argument of \(rawValue) must be false: only the shallow merge is supported")
        }
        for (key, value) in second { merged[key] = value }
        return .object(merged)
    }

    /// A text without any JSON in it is null.
    func stringToJSON(_ arguments: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        let text = try string(arguments, 0)
        if text.allSatisfy(\.isWhitespace) { return .null }
        guard let value = try? JSONValue(parsing: text) else { throw IntrinsicFailure("The argument is no JSON") }
        if let number = value.numberValue, number.double == 0, number.spelling.hasPrefix("-") { return 0 }
        return value
    }
}

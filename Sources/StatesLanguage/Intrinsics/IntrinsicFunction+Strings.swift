import JSON

extension IntrinsicFunction {
    /// Each character of the second argument divides; empty pieces are dropped.
    func stringSplit(_ arguments: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        let (text, delimiters) = (try string(arguments, 0), Set(try string(arguments, 1)))
        return .array(text.split { delimiters.contains($0) }.map { .string(String($0)) })
    }
}

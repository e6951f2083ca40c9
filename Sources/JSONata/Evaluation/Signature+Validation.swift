import JSON

extension Signature {
    private static let typeNames: [Character: String] = [
        "a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings",
    ]

    /// Checks `arguments` and returns them with the context filled in and single values wrapped where an array is due.
    ///
    /// - Throws: T0410 for an argument of the wrong type or one too many, T0411 for a context of the wrong type, T0412
    ///   for an array with elements of the wrong type.
    func validate(_ arguments: [Value], context: Value) throws(JSONataError) -> [Value] {
        let symbols = arguments.map(\.typeSymbol)
        guard let counts = match(symbols[...], parameters[...]) else { throw mismatch(symbols, arguments) }
        var result: [Value] = []
        result.reserveCapacity(max(arguments.count, parameters.count))
        var next = 0
        for (parameter, count) in zip(parameters, counts) {
            if count == 0 {
                guard parameter.takesContext else {
                    result.append(next < arguments.count ? arguments[next] : .undefined)
                    next += 1
                    continue
                }
                guard parameter.symbols.contains(context.typeSymbol) else {
                    throw JSONataError("T0411", value: context.json, index: next + 1)
                }
                result.append(context)
            }
            for _ in 0..<count {
                let argument = next < arguments.count ? arguments[next] : .undefined
                result.append(parameter.isArray ? try array(parameter, argument, next + 1) : argument)
                next += 1
            }
        }
        return result
    }

    private func array(_ parameter: Parameter, _ value: Value, _ index: Int) throws(JSONataError) -> Value {
        if value.isUndefined { return value }
        if let subtype = parameter.subtype, let wanted = subtype.first {
            var isRight = true
            if case .array(let array) = value {
                for place in 0..<array.count where array[place].typeSymbol != wanted { isRight = false }
            } else {
                isRight = String(value.typeSymbol) == subtype
            }
            guard isRight else {
                throw JSONataError(
                    "T0412", value: value.json, value2: Signature.typeNames[wanted].map(JSONValue.string), index: index)
            }
        }
        if value.isArray { return value }
        return .array(ArrayValue([value]))
    }

    /// How many arguments each parameter takes, as many as it can from left to right; nil if they do not fit.
    private func match(_ symbols: ArraySlice<Character>, _ parameters: ArraySlice<Parameter>) -> [Int]? {
        guard let parameter = parameters.first else { return symbols.isEmpty ? [] : nil }
        var most = 0
        for symbol in symbols {
            if most == 1, parameter.quantity != .several { break }
            guard parameter.symbols.contains(symbol) else { break }
            most += 1
        }
        let least = parameter.quantity == .optional ? 0 : 1
        var count = most
        while count >= least {
            if let rest = match(symbols.dropFirst(count), parameters.dropFirst()) { return [count] + rest }
            count -= 1
        }
        return nil
    }

    /// The error for arguments that fit no reading of the signature, naming the first that is wrong.
    private func mismatch(_ symbols: [Character], _ arguments: [Value]) -> JSONataError {
        var goodTo = 0
        for count in 1...max(1, parameters.count) {
            guard let length = longestPrefix(symbols[...], parameters.prefix(count)) else { break }
            goodTo = length
        }
        return JSONataError("T0410", value: goodTo < arguments.count ? arguments[goodTo].json : nil, index: goodTo + 1)
    }

    private func longestPrefix(_ symbols: ArraySlice<Character>, _ parameters: ArraySlice<Parameter>) -> Int? {
        guard let parameter = parameters.first else { return 0 }
        var most = 0
        for symbol in symbols {
            if most == 1, parameter.quantity != .several { break }
            guard parameter.symbols.contains(symbol) else { break }
            most += 1
        }
        var count = most
        while count >= (parameter.quantity == .optional ? 0 : 1) {
            if let rest = longestPrefix(symbols.dropFirst(count), parameters.dropFirst()) { return count + rest }
            count -= 1
        }
        return nil
    }
}

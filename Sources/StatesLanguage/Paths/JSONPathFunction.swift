import JSON

/// A function at the end of a path: `$.numbers.sum()`.
enum JSONPathFunction: String, Sendable, CaseIterable {
    case min
    case max
    case average = "avg"
    case deviation = "stddev"
    case sum
    case length
    case size
    case keys
    case concat
    case append
    case first
    case last
    case index

    /// The function's value, or nil where it has none: numbers of an empty array, the length of a number.
    ///
    /// - Parameter arguments: Nil for a path that finds nothing.
    func apply(to model: JSONValue, _ arguments: [JSONValue?]) -> JSONValue? {
        switch self {
        case .min: return numbers(model, arguments)?.min().map { .double($0) }
        case .max: return numbers(model, arguments)?.max().map { .double($0) }
        case .sum: return numbers(model, arguments).map { .double($0.reduce(0, +)) }
        case .average: return numbers(model, arguments).map { .double($0.reduce(0, +) / Double($0.count)) }
        case .deviation:
            return numbers(model, arguments).map { numbers in
                let mean = numbers.reduce(0, +) / Double(numbers.count)
                let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
                return .double(variance.squareRoot())
            }
        case .length, .size:
            switch arguments.first.flatMap({ $0 }) ?? model {
            case .array(let elements): return .int(elements.count)
            case .object(let object): return .int(object.count)
            case .string(let text): return .int(text.utf16.count)
            default: return nil
            }
        case .keys: return model.objectValue.map { .array($0.keys.map { .string($0) }) }
        case .concat:
            let pieces = (model.arrayValue ?? []) + arguments.compactMap { $0 }.flatMap { $0.arrayValue ?? [$0] }
            return .string(pieces.map { $0.stringValue ?? $0.text() }.joined())
        case .append: return model.arrayValue.map { .array($0 + arguments.compactMap { $0 }) }
        case .first: return model.arrayValue?.first
        case .last: return model.arrayValue?.last
        case .index:
            guard let elements = model.arrayValue, let index = arguments.first.flatMap({ $0?.intValue }) else {
                return nil
            }
            let position = index < 0 ? elements.count + index : index
            return elements.indices.contains(position) ? elements[position] : nil
        }
    }

    /// The numbers of the array and of the arguments; nil when there are none.
    private func numbers(_ model: JSONValue, _ arguments: [JSONValue?]) -> [Double]? {
        let all = (model.arrayValue ?? []) + arguments.compactMap { $0 }.flatMap { $0.arrayValue ?? [$0] }
        let numbers = all.compactMap(\.doubleValue)
        return numbers.isEmpty ? nil : numbers
    }
}

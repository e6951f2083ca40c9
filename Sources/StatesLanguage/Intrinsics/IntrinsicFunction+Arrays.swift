import JSON

extension IntrinsicFunction {
    /// Elements that `States.ArrayRange` makes at most (Step Functions: 1,000).
    static let maximumRangeCount = 1_000

    func arrayPartition(_ arguments: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        let elements = try array(arguments, 0)
        let size = try integer(arguments, 1)
        guard size > 0 else { throw IntrinsicFailure("The chunk size must be a positive number, but was \(size)") }
        return .array(
            stride(from: 0, to: elements.count, by: size).map {
                .array(Array(elements[$0..<min($0 + size, elements.count)]))
            })
    }

    func arrayRange(_ arguments: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        let (first, last) = (try integer(arguments, 0), try integer(arguments, 1))
        let step = try integer(arguments, 2)
        guard step != 0 else { throw IntrinsicFailure("The step of the range must not be 0") }
        let count =
            step > 0
            ? (first <= last ? (last - first) / step + 1 : 0) : (first >= last ? (first - last) / -step + 1 : 0)
        guard count <= IntrinsicFunction.maximumRangeCount else {
            throw IntrinsicFailure(
                "The range has \(count) elements, \(IntrinsicFunction.maximumRangeCount) are allowed")
        }
        return .array((0..<count).map { .int(first + $0 * step) })
    }

    func arrayGetItem(_ arguments: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        let elements = try array(arguments, 0)
        let index = try integer(arguments, 1)
        guard elements.indices.contains(index) else {
            throw IntrinsicFailure("The index \(index) is out of bounds for an array of \(elements.count) elements")
        }
        return elements[index]
    }

    func arrayUnique(_ arguments: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        var seen: Set<JSONValue> = []
        return .array(try array(arguments, 0).filter { seen.insert($0).inserted })
    }
}

import JSON

/// An array or a sequence. A sequence is the result of a path or function: of one element it is that element, of none
/// it is undefined, unless something asked to keep it.
final class ArrayValue {
    private enum Storage {
        case values([Value])
        case json([JSONValue])
        /// Whole numbers from the first on: `[1..10000000]` takes no room until it is changed.
        case range(Double, Int)
        case tuples([Tuple])
    }

    private let storage: Storage
    let count: Int
    /// Levels of arrays and objects made during evaluation.
    let depth: Int

    var isSequence = false
    /// A sequence that stays an array even of one element.
    var keepsSingleton = false
    /// Made by an array constructor in a path: one value there, not a sequence to flatten.
    var isConstructed = false
    /// The input, an array, wrapped so that a path begins at its elements.
    let isOuterWrapper: Bool

    init(_ values: [Value], isSequence: Bool = false, isOuterWrapper: Bool = false) {
        storage = .values(values)
        count = values.count
        self.isSequence = isSequence
        self.isOuterWrapper = isOuterWrapper
        var depth = 0
        for value in values { depth = max(depth, value.depth) }
        self.depth = depth + 1
    }

    init(json: [JSONValue]) {
        storage = .json(json)
        count = json.count
        depth = 0
        isOuterWrapper = false
    }

    init(from first: Double, count: Int) {
        storage = .range(first, count)
        self.count = count
        depth = 1
        isSequence = true
        isOuterWrapper = false
    }

    init(tuples: [Tuple]) {
        storage = .tuples(tuples)
        count = tuples.count
        depth = 1
        isSequence = true
        isOuterWrapper = false
    }

    static func sequence(_ values: [Value]) -> ArrayValue { ArrayValue(values, isSequence: true) }

    private init(sharing other: ArrayValue, isSequence: Bool) {
        storage = other.storage
        count = other.count
        depth = other.depth
        self.isSequence = isSequence
        isOuterWrapper = false
    }

    /// An array of the same elements that is a sequence, or is none.
    func copy(isSequence: Bool = false) -> ArrayValue { ArrayValue(sharing: self, isSequence: isSequence) }

    subscript(index: Int) -> Value {
        switch storage {
        case .values(let values): values[index]
        case .json(let elements): Value(elements[index])
        case .range(let first, _): .number(first + Double(index))
        case .tuples(let tuples): tuples[index].value
        }
    }

    /// The elements, made if need be.
    var values: [Value] {
        switch storage {
        case .values(let values): values
        case .json(let elements): elements.map { Value($0) }
        case .range(let first, let count): (0..<count).map { .number(first + Double($0)) }
        case .tuples(let tuples): tuples.map(\.value)
        }
    }

    /// The tuples of a stream that carries variables; nil for any other array.
    var tuples: [Tuple]? { if case .tuples(let tuples) = storage { tuples } else { nil } }

    /// Bytes that a copy of the elements would take.
    var elementBytes: Int { count * MemoryLayout<Value>.stride }

    var json: [JSONValue] {
        if case .json(let elements) = storage { return elements }
        return values.map { $0.json ?? .null }
    }
}

/// A value on its way through a path, with what `@`, `#` and `%` have bound along it.
struct Tuple {
    var value: Value
    var bindings: [(symbol: SymbolTable.Symbol, value: Value)] = []

    mutating func bind(_ symbol: SymbolTable.Symbol, _ value: Value) {
        if let index = bindings.firstIndex(where: { $0.symbol == symbol }) {
            bindings[index].value = value
        } else {
            bindings.append((symbol, value))
        }
    }
}

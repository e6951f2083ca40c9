/// A JSON value with the place of each of its members and elements: for messages that name line and column.
public struct JSONDocument: Sendable {
    public let value: JSONValue
    private let offsets: [JSONPositionRecorder.Place: JSONPositionRecorder.Value]
    private let rootOffset: Int
    /// Where each line begins.
    private let lineStarts: [Int]

    /// Reads one JSON text and remembers where each value stands.
    ///
    /// - Throws: ``JSONError`` as ``JSONValue/init(parsing:maximumDepth:)-([UInt8],_)`` does.
    /// - Complexity: O(*n*) in time and space; use ``JSONValue`` alone where positions don't matter.
    public init(
        parsing bytes: [UInt8], maximumDepth: Int = JSONValue.defaultMaximumDepth
    ) throws(JSONError) {
        var parser = JSONParser(bytes, maximumDepth: maximumDepth, record: JSONPositionRecorder())
        value = try parser.parseDocument()
        offsets = parser.record?.offsets ?? [:]
        rootOffset = parser.record?.rootOffset ?? 0
        var lineStarts = [0]
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") { lineStarts.append(index + 1) }
        self.lineStarts = lineStarts
    }

    /// The place of the value at `path`, a list of keys and decimal indices from the root; of a member, where its key
    /// stands. A path that leads nowhere gives the place of its nearest enclosing value.
    ///
    /// - Complexity: O(log *n*) for each part of the path.
    public func position(at path: [String]) -> JSONPosition {
        var offset = rootOffset
        var number = 0
        for part in path {
            let member = offsets[JSONPositionRecorder.Place(parent: number, step: .key(part))]
            let found =
                member ?? Int(part).flatMap { offsets[JSONPositionRecorder.Place(parent: number, step: .index($0))] }
            guard let found else { break }
            (number, offset) = (found.number, found.offset)
        }
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return JSONPosition(line: low + 1, column: offset - lineStarts[low] + 1, byteOffset: offset)
    }
}

/// Collects the offset of each value while a text is parsed. Values are numbered, and each is found by its parent's
/// number and the step from there: a path from the root for each of them would take space without end in a deep text.
struct JSONPositionRecorder {
    enum Step: Hashable {
        case key(String)
        case index(Int)
    }

    struct Place: Hashable {
        let parent: Int
        let step: Step
    }

    struct Value {
        let number: Int
        let offset: Int
    }

    private(set) var offsets: [Place: Value] = [:]
    private(set) var rootOffset: Int?
    private var ancestors: [Int] = [0]
    private var lastNumber = 0

    mutating func valueBegins(at offset: Int) {
        if rootOffset == nil { rootOffset = offset }
    }

    mutating func enter(_ step: Step, at offset: Int) {
        lastNumber += 1
        offsets[Place(parent: ancestors[ancestors.count - 1], step: step)] = Value(number: lastNumber, offset: offset)
        ancestors.append(lastNumber)
    }

    mutating func leave() { ancestors.removeLast() }
}

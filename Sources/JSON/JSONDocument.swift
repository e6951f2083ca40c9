/// A JSON value with the place of each of its members and elements: for messages that name line and column.
public struct JSONDocument: Sendable {
    public let value: JSONValue
    private let offsets: [[String]: Int]
    private let bytes: [UInt8]

    /// Reads one JSON text and remembers where each value stands.
    ///
    /// - Throws: ``JSONError`` as ``JSONValue/init(parsing:maximumDepth:)-([UInt8],_)`` does.
    /// - Complexity: O(*n* · depth) in time and space; use ``JSONValue`` alone where positions don't matter.
    public init(
        parsing bytes: [UInt8], maximumDepth: Int = JSONValue.defaultMaximumDepth
    ) throws(JSONError) {
        var parser = JSONParser(bytes, maximumDepth: maximumDepth, record: JSONPositionRecorder())
        value = try parser.parseDocument()
        offsets = parser.record?.offsets ?? [:]
        self.bytes = bytes
    }

    /// The place of the value at `path`, a list of keys and decimal indices from the root; of a member, where its key
    /// stands. A path that leads nowhere gives the place of its nearest enclosing value.
    public func position(at path: [String]) -> JSONPosition {
        var path = path[...]
        while true {
            if let offset = offsets[Array(path)] { return JSONPosition(of: offset, in: bytes) }
            guard path.popLast() != nil else { return JSONPosition(line: 1, column: 1, byteOffset: 0) }
        }
    }
}

/// Collects the offset of each value while a text is parsed.
struct JSONPositionRecorder {
    enum Step {
        case key(String)
        case index(Int)
    }

    private(set) var offsets: [[String]: Int] = [:]
    private var path: [String] = []

    mutating func valueBegins(at offset: Int) {
        if path.isEmpty { offsets[path] = offset }
    }

    mutating func enter(_ step: Step, at offset: Int) {
        switch step {
        case .key(let key): path.append(key)
        case .index(let index): path.append(String(index))
        }
        offsets[path] = offset
    }

    mutating func leave() { path.removeLast() }
}

import JSON

/// An object whose members keep their order.
final class ObjectValue {
    private enum Storage {
        case json(JSONObject)
        case members([(key: String, value: Value)])
    }

    private var storage: Storage
    /// Places of the keys once there are more than `linearLimit`.
    private var positions: [Key: Int]?
    /// Levels of arrays and objects made during evaluation.
    private(set) var depth: Int

    private static let linearLimit = 12

    /// A key compared by its bytes: `String` alone takes composed and decomposed letters for the same.
    private struct Key: Hashable {
        let text: String
        static func == (left: Key, right: Key) -> Bool { left.text.isSame(as: right.text) }
        func hash(into hasher: inout Hasher) { hasher.combine(text) }
    }

    init() {
        storage = .members([])
        depth = 1
    }

    init(json: JSONObject) {
        storage = .json(json)
        depth = 0
    }

    convenience init(_ members: [(String, Value)]) {
        self.init()
        for (key, value) in members { self[key] = value }
    }

    var count: Int {
        switch storage {
        case .json(let object): object.count
        case .members(let members): members.count
        }
    }

    subscript(index: Int) -> (key: String, value: Value) {
        switch storage {
        case .json(let object):
            let member = object[object.startIndex + index]
            return (member.key, Value(member.value))
        case .members(let members): return members[index]
        }
    }

    var keys: [String] {
        switch storage {
        case .json(let object): object.keys
        case .members(let members): members.map(\.key)
        }
    }

    private func index(of key: String, in members: [(key: String, value: Value)]) -> Int? {
        if let positions { return positions[Key(text: key)] }
        for index in members.indices where members[index].key.isSame(as: key) { return index }
        return nil
    }

    subscript(key: String) -> Value {
        get {
            switch storage {
            case .json(let object): return object[key].map { Value($0) } ?? .undefined
            case .members(let members): return index(of: key, in: members).map { members[$0].value } ?? .undefined
            }
        }
        set {
            guard case .members(var members) = storage else {
                makeMutable()
                self[key] = newValue
                return
            }
            storage = .members([])
            if let index = index(of: key, in: members) {
                members[index].value = newValue
            } else {
                members.append((key, newValue))
                if positions != nil {
                    positions?[Key(text: key)] = members.count - 1
                } else if members.count > ObjectValue.linearLimit {
                    positions = ObjectValue.positions(of: members)
                }
            }
            depth = max(depth, newValue.depth + 1)
            storage = .members(members)
        }
    }

    func remove(_ key: String) {
        guard case .members(var members) = storage else {
            makeMutable()
            remove(key)
            return
        }
        guard let index = index(of: key, in: members) else { return }
        members.remove(at: index)
        positions = members.count > ObjectValue.linearLimit ? ObjectValue.positions(of: members) : nil
        storage = .members(members)
    }

    private static func positions(of members: [(key: String, value: Value)]) -> [Key: Int] {
        Dictionary(members.enumerated().map { (Key(text: $1.key), $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func makeMutable() {
        guard case .json(let object) = storage else { return }
        let members = object.map { (key: $0.key, value: Value($0.value)) }
        positions = members.count > ObjectValue.linearLimit ? ObjectValue.positions(of: members) : nil
        storage = .members(members)
        depth = max(depth, 1)
    }

    var json: JSONObject {
        switch storage {
        case .json(let object): return object
        case .members(let members):
            var object = JSONObject()
            for (key, value) in members {
                // A match as JSON is without its way to the next one, as in the reference implementation.
                if case .function(let function) = value, case .nextMatch = function.kind { continue }
                if let json = value.json { object[key] = json }
            }
            return object
        }
    }
}

extension String {
    /// Whether both are the same UTF-8, as JavaScript compares strings.
    func isSame(as other: String) -> Bool {
        guard utf8.count == other.utf8.count, self == other else { return false }
        return utf8Span.isKnownASCII && other.utf8Span.isKnownASCII || utf8.elementsEqual(other.utf8)
    }

    /// Whether this comes before `other` by UTF-16 units, as JavaScript orders strings.
    func precedes(_ other: String) -> Bool { utf16.lexicographicallyPrecedes(other.utf16) }
}

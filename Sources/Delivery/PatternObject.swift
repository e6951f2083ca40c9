import JSON

/// The fields of a pattern, or of an object within one: all of them must match.
struct PatternObject: Sendable, Hashable {
    /// Combinations of `$or` alternatives that EventBridge takes.
    static let maximumCombinations = 1_000
    /// Names in an alternative that make `$or` a field like any other (Constants.java of event-ruler).
    private static let reservedNames: Set<String> = [
        "exactly", "prefix", "suffix", "anything-but", "numeric", "exists", "cidr", "equals-ignore-case", "wildcard",
    ]

    private indirect enum Field: Sendable, Hashable {
        case object(PatternObject)
        /// `path` is that of the event's field, from the event's root.
        case values([ValueMatcher], path: [String])
    }

    private var fields: [String: Field] = [:]
    /// One list for each `$or` there is, which is at most one.
    private var alternatives: [PatternObject] = []
    /// How many patterns without `$or` this one stands for.
    private(set) var combinationCount = 1

    /// - Parameters:
    ///   - path: Where the object stands in the pattern.
    ///   - fieldPath: The path of the event's fields it speaks of.
    init(_ members: JSONObject, path: [String], fields fieldPath: [String]) throws(DeliveryError) {
        guard !members.isEmpty else {
            throw DeliveryError(code: .emptyObject, path: path, detail: "an empty object matches nothing")
        }
        for (key, value) in members {
            let place = path + [key]
            if key == "$or", let objects = PatternObject.alternatives(value) {
                try readAlternatives(objects, path: place, fields: fieldPath)
                continue
            }
            switch value {
            case .object(let members):
                let object = try PatternObject(members, path: place, fields: fieldPath + [key])
                combinationCount *= object.combinationCount
                fields[key] = .object(object)
            case .array(let elements):
                guard !elements.isEmpty else {
                    throw DeliveryError(code: .emptyArray, path: place, detail: "an empty array matches nothing")
                }
                var matchers: [ValueMatcher] = []
                for (index, element) in elements.enumerated() {
                    matchers.append(try ValueMatcher(element, path: place + [String(index)]))
                }
                fields[key] = .values(matchers, path: fieldPath + [key])
            default:
                throw DeliveryError(
                    code: .notAnArray, path: place,
                    detail: "the values to match are given as an array; this is of type \(value.kindName)")
            }
            try checkCombinations(at: place)
        }
    }

    private static func alternatives(_ value: JSONValue) -> [JSONValue]? {
        guard let elements = value.arrayValue else { return nil }
        let isField = elements.contains { element in
            element.objectValue?.keys.contains { reservedNames.contains($0) } ?? false
        }
        return isField ? nil : elements
    }

    private mutating func readAlternatives(
        _ elements: [JSONValue], path: [String], fields fieldPath: [String]
    ) throws(DeliveryError) {
        guard elements.count >= 2 else {
            throw DeliveryError(
                code: .invalidAlternatives, path: path,
                detail: "$or takes at least two objects; here are \(elements.count)")
        }
        var combinations = 0
        for (index, element) in elements.enumerated() {
            guard case .object(let members) = element else {
                throw DeliveryError(
                    code: .invalidAlternatives, path: path + [String(index)],
                    detail: "an alternative of $or is an object; this is of type \(element.kindName)")
            }
            let alternative = try PatternObject(members, path: path + [String(index)], fields: fieldPath)
            combinations += alternative.combinationCount
            alternatives.append(alternative)
        }
        combinationCount *= combinations
        try checkCombinations(at: path)
    }

    private func checkCombinations(at path: [String]) throws(DeliveryError) {
        guard combinationCount <= PatternObject.maximumCombinations else {
            throw DeliveryError(
                code: .tooManyAlternatives, path: path,
                detail: "the $or of the pattern give more than \(PatternObject.maximumCombinations) combinations")
        }
    }

    /// Whether `value`, a part of the event `root`, or one of its elements matches; nil is a part that is not there.
    func matches(_ value: JSONValue?, in root: JSONValue) -> Bool {
        if case .array(let elements) = value, elements.contains(where: { $0.isContainer }) {
            return elements.contains { $0.isContainer && matches($0, in: root) }
        }
        let members = value?.objectValue
        for (key, field) in fields {
            switch field {
            case .object(let object): guard object.matches(members?[key], in: root) else { return false }
            case .values(let matchers, let path):
                guard
                    matchers.contains(where: { matcher in
                        matcher == .absent
                            ? !root.hasLeaf(at: path[...]) : members?[key]?.anyLeaf(matcher.matches) ?? false
                    })
                else { return false }
            }
        }
        return alternatives.isEmpty || alternatives.contains { $0.matches(value, in: root) }
    }
}

extension JSONValue {
    fileprivate var isContainer: Bool {
        switch self {
        case .object, .array: true
        default: false
        }
    }

    /// Whether this value, or an element of it if it is an array, however deep, is a leaf that passes `test`.
    fileprivate func anyLeaf(_ test: (JSONValue) -> Bool) -> Bool {
        switch self {
        case .array(let elements): elements.contains { $0.anyLeaf(test) }
        case .object: false
        default: test(self)
        }
    }

    /// Whether there is a leaf under these keys, in any element of the arrays on the way.
    fileprivate func hasLeaf(at path: ArraySlice<String>) -> Bool {
        switch self {
        case .array(let elements): return elements.contains { $0.hasLeaf(at: path) }
        case .object(let members):
            guard let key = path.first else { return false }
            return members[key]?.hasLeaf(at: path.dropFirst()) ?? false
        default: return path.isEmpty
        }
    }
}

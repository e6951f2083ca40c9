import JSON

/// The members of a request, read by the rules of the API's model.
///
/// A member that is `null` is one that was not given. The first rule that is broken is the answer.
struct StatesParameters: Sendable {
    private let members: JSONObject
    /// What is before a member's name in messages: `tags.1.member.`.
    private let place: String

    init(_ members: JSONObject, place: String = "") {
        self.members = members
        self.place = place
    }

    /// The request as it is, for what reads it by itself.
    var all: JSONObject { members }

    private func value(_ name: String) -> JSONValue? {
        guard let value = members[name], !value.isNull else { return nil }
        return value
    }

    private func missing(_ name: String) -> StatesError {
        .constraint("null", at: place + name, "Member must not be null")
    }

    /// A string that must be there.
    ///
    /// - Parameters:
    ///   - length: In UTF-16 units, as AWS counts.
    ///   - isShown: Whether a message may tell the value.
    func string(_ name: String, _ length: ClosedRange<Int>, isShown: Bool = true) throws(StatesError) -> String {
        guard let text = try optionalString(name, length, isShown: isShown) else { throw missing(name) }
        return text
    }

    func optionalString(
        _ name: String, _ length: ClosedRange<Int>, isShown: Bool = true
    ) throws(StatesError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.stringValue else { throw .type(value, at: place + name, "a string") }
        let shown = isShown && text.utf8.count <= 4_096 ? "'\(text)'" : nil
        guard text.utf16.count >= length.lowerBound else {
            throw .constraint(
                shown, at: place + name, "Member must have length greater than or equal to \(length.lowerBound)")
        }
        guard text.utf16.count <= length.upperBound else {
            throw .constraint(
                shown, at: place + name, "Member must have length less than or equal to \(length.upperBound)")
        }
        return text
    }

    func bool(_ name: String) throws(StatesError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let flag = value.boolValue else { throw .type(value, at: place + name, "a boolean") }
        return flag
    }

    func integer(_ name: String, _ range: ClosedRange<Int>) throws(StatesError) -> Int? {
        guard let value = value(name) else { return nil }
        guard let number = value.intValue else { throw .type(value, at: place + name, "a whole number") }
        guard number >= range.lowerBound else {
            throw .constraint(
                "'\(number)'", at: place + name, "Member must have value greater than or equal to \(range.lowerBound)")
        }
        guard number <= range.upperBound else {
            throw .constraint(
                "'\(number)'", at: place + name, "Member must have value less than or equal to \(range.upperBound)")
        }
        return number
    }

    func number(_ name: String, _ range: ClosedRange<Int>) throws(StatesError) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.doubleValue else { throw .type(value, at: place + name, "a number") }
        guard number >= Double(range.lowerBound) else {
            throw .constraint(
                "'\(value.text())'", at: place + name,
                "Member must have value greater than or equal to \(range.lowerBound)")
        }
        guard number <= Double(range.upperBound) else {
            throw .constraint(
                "'\(value.text())'", at: place + name,
                "Member must have value less than or equal to \(range.upperBound)")
        }
        return number
    }

    /// One of a set of words; messages list them in this order.
    func choice(_ name: String, _ words: [String]) throws(StatesError) -> String? {
        guard let word = try optionalString(name, 0...Int.max) else { return nil }
        guard words.contains(word) else {
            throw .constraint(
                "'\(word)'", at: place + name,
                "Member must satisfy enum value set: [\(words.joined(separator: ", "))]")
        }
        return word
    }

    func object(_ name: String) throws(StatesError) -> StatesParameters? {
        guard let value = value(name) else { return nil }
        guard let object = value.objectValue else { throw .type(value, at: place + name, "an object") }
        return StatesParameters(object, place: "\(place)\(name).")
    }

    /// The objects of a list; nil when it was not given.
    func objects(_ name: String, maximumCount: Int = 1_000) throws(StatesError) -> [StatesParameters]? {
        var found: [StatesParameters] = []
        guard let elements = try elements(name, maximumCount: maximumCount) else { return nil }
        for (index, element) in elements.enumerated() {
            let place = "\(place)\(name).\(index + 1).member"
            guard let object = element.objectValue else { throw .type(element, at: place, "an object") }
            found.append(StatesParameters(object, place: "\(place)."))
        }
        return found
    }

    func strings(
        _ name: String, _ length: ClosedRange<Int>, maximumCount: Int = 1_000
    ) throws(StatesError) -> [String]? {
        var found: [String] = []
        guard let elements = try elements(name, maximumCount: maximumCount) else { return nil }
        for (index, element) in elements.enumerated() {
            let member = StatesParameters(["member": element], place: "\(place)\(name).\(index + 1).")
            found.append(try member.string("member", length))
        }
        return found
    }

    private func elements(_ name: String, maximumCount: Int) throws(StatesError) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.arrayValue else { throw .type(value, at: place + name, "a list") }
        guard elements.count <= maximumCount else {
            throw .constraint(nil, at: place + name, "Member must have length less than or equal to \(maximumCount)")
        }
        return elements
    }

    /// A list that must be there.
    func required<Value>(_ name: String, _ value: Value?) throws(StatesError) -> Value {
        guard let value else { throw missing(name) }
        return value
    }
}

extension StatesParameters {
    /// An ARN that must be there.
    func arn(_ name: String, _ kinds: StatesARN.Kind..., maximumLength: Int = 256) throws(StatesError) -> StatesARN {
        let text = try string(name, 1...maximumLength)
        return try StatesARN(text, kinds: kinds)
    }

    /// Tags as CreateStateMachine, CreateActivity and TagResource take them.
    func tags(_ name: String = "tags") throws(StatesError) -> [ResourceTag]? {
        guard let members = try objects(name) else { return nil }
        var tags: [ResourceTag] = []
        for member in members {
            tags.append(
                ResourceTag(
                    key: try member.string("key", 1...128), value: try member.optionalString("value", 0...256) ?? ""))
        }
        return tags
    }

    /// Whether data is left out: `includedData` of the operations that describe.
    func isMetadataOnly() throws(StatesError) -> Bool {
        try choice("includedData", ["ALL_DATA", "METADATA_ONLY"]) == "METADATA_ONLY"
    }
}

import Digest
package import JSON

/// An attribute of a message in a queue, as SQS has it.
package struct MessageAttribute: Sendable, Hashable {
    package enum Value: Sendable, Hashable {
        case text(String)
        case binary([UInt8])
    }

    /// `String`, `Number` or `Binary`, with `.` and a type of the sender's own behind it.
    package var dataType: String
    package var value: Value

    package init(dataType: String, value: Value) {
        self.dataType = dataType
        self.value = value
    }

    package static func string(_ text: String) -> MessageAttribute {
        MessageAttribute(dataType: "String", value: .text(text))
    }
    package static func number(_ number: Int) -> MessageAttribute {
        MessageAttribute(dataType: "Number", value: .text("\(number)"))
    }

    /// Reads `{"DataType": "String", "StringValue": "..."}`; nil when it is none.
    package init?(json: JSONValue) {
        guard let type = json["DataType"]?.stringValue,
            let base = type.split(separator: ".", maxSplits: 1).first.map(String.init)
        else { return nil }
        dataType = type
        switch base {
        case "String", "Number":
            // The optimized integration takes numbers as they are.
            guard let value = json["StringValue"] else { return nil }
            self.value = .text(value.stringValue ?? value.text())
        case "Binary":
            guard let bytes = json["BinaryValue"]?.stringValue.flatMap(Base64.decodeUnpadded) else { return nil }
            value = .binary(bytes)
        default: return nil
        }
    }

    /// As SQS's API has it.
    package var json: JSONValue {
        switch value {
        case .text(let text): ["StringValue": .string(text), "DataType": .string(dataType)]
        case .binary(let bytes): ["BinaryValue": .string(Base64.encode(bytes)), "DataType": .string(dataType)]
        }
    }

    /// As an event for a function has it.
    package var eventJSON: JSONValue {
        var members: JSONObject = ["stringListValues": [], "binaryListValues": [], "dataType": .string(dataType)]
        switch value {
        case .text(let text): members["stringValue"] = .string(text)
        case .binary(let bytes): members["binaryValue"] = .string(Base64.encode(bytes))
        }
        return .object(members)
    }

    var byteCount: Int {
        switch value {
        case .text(let text): text.utf8.count + dataType.utf8.count
        case .binary(let bytes): bytes.count + dataType.utf8.count
        }
    }

    /// Bytes that attributes add to a message's size.
    package static func byteCount(of attributes: [String: MessageAttribute]) -> Int {
        attributes.reduce(0) { $0 + $1.key.utf8.count + $1.value.byteCount }
    }

    /// `MD5OfMessageAttributes`: of names, types and values, each with its length, ordered by name ("Calculating the MD5
    /// message digest for message attributes"); nil of none.
    package static func digest(of attributes: [String: MessageAttribute]) -> String? {
        guard !attributes.isEmpty else { return nil }
        var bytes: [UInt8] = []
        func append(_ part: [UInt8]) {
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: part.count >> (24 - 8 * $0)) } + part
        }
        for (name, attribute) in attributes.sorted(by: { $0.key < $1.key }) {
            append(Array(name.utf8))
            append(Array(attribute.dataType.utf8))
            switch attribute.value {
            case .text(let text):
                bytes.append(1)
                append(Array(text.utf8))
            case .binary(let value):
                bytes.append(2)
                append(value)
            }
        }
        return md5(bytes)
    }

    /// Attributes as one JSON object, and back.
    package static func json(_ attributes: [String: MessageAttribute]) -> JSONValue {
        .object(JSONObject(attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }))
    }

    /// - Returns: Nil when one of them is none.
    package static func all(in json: JSONValue?) -> [String: MessageAttribute]? {
        var found: [String: MessageAttribute] = [:]
        for (name, value) in json?.objectValue ?? [:] {
            guard let attribute = MessageAttribute(json: value) else { return nil }
            found[name] = attribute
        }
        return found
    }
}

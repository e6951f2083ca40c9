import Digest
public import JSON

extension AttributeValue {
    /// Reads DynamoDB's typed JSON, such as `{"N": "12"}`; nil for anything else.
    public init?(typedJSON json: JSONValue) {
        guard let object = json.objectValue, object.count == 1, let (tag, content) = object.first else { return nil }
        switch (tag, content) {
        case ("S", .string(let text)): self = .string(text)
        case ("N", .string(let spelling)):
            guard DecimalNumber(spelling) != nil else { return nil }
            self = .number(spelling)
        case ("BOOL", .bool(let value)): self = .bool(value)
        case ("NULL", .bool(true)): self = .null
        case ("L", .array(let elements)):
            var list: [AttributeValue] = []
            list.reserveCapacity(elements.count)
            for element in elements {
                guard let value = AttributeValue(typedJSON: element) else { return nil }
                list.append(value)
            }
            self = .list(list)
        case ("M", .object):
            guard let members = Item(typedJSON: content) else { return nil }
            self = .map(members)
        case ("B", .string(let text)):
            guard let bytes = Base64.decode(text) else { return nil }
            self = .binary(bytes)
        case ("SS", .array(let elements)), ("NS", .array(let elements)), ("BS", .array(let elements)):
            var set: Set<AttributeValue> = []
            for element in elements {
                guard let value = AttributeValue(typedJSON: .object([String(tag.prefix(1)): element])),
                    set.insert(value).inserted
                else { return nil }
            }
            guard !set.isEmpty else { return nil }
            self = .set(set)
        default: return nil
        }
    }

    /// DynamoDB's typed JSON: numbers as text, binary in base64, sets ascending.
    public var typedJSON: JSONValue {
        let content: JSONValue =
            switch self {
            case .string(let text): .string(text)
            case .number(let spelling): .string(spelling)
            case .bool(let value): .bool(value)
            case .null: .bool(true)
            case .list(let elements): .array(elements.map(\.typedJSON))
            case .map(let members): members.typedJSON
            case .binary(let bytes): .string(Base64.encode(bytes))
            case .set(let elements):
                .array(
                    elements.sorted { ($0.order(comparedTo: $1) ?? 0) < 0 }
                        .compactMap { $0.typedJSON.objectValue?.values.first })
            }
        return .object([typeTag: content])
    }
}

extension Item {
    /// Reads an item in DynamoDB's typed JSON; nil when it is none.
    public init?(typedJSON json: JSONValue) {
        guard let object = json.objectValue else { return nil }
        self.init(minimumCapacity: object.count)
        for (name, content) in object {
            guard let value = AttributeValue(typedJSON: content) else { return nil }
            self[name] = value
        }
    }

    /// The item in DynamoDB's typed JSON, its names ascending by their bytes.
    public var typedJSON: JSONValue {
        let members = sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return .object(JSONObject(members.map { ($0.key, $0.value.typedJSON) }))
    }
}

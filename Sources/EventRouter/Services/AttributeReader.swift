import Digest
import JSON
import Storage

/// Reads DynamoDB's typed JSON, saying what is wrong with it in DynamoDB's words.
///
/// Numbers may come as numbers: a state's expressions give them so.
enum AttributeReader {
    static func item(_ json: JSONValue) throws(TableFailure) -> Item {
        guard let object = json.objectValue else { throw .invalid("An item must be an object of attributes") }
        return try members(object, depth: 1)
    }

    static func value(_ json: JSONValue) throws(TableFailure) -> AttributeValue { try value(json, depth: 1) }

    private static let maximumDepth = 32

    private static func members(_ object: JSONObject, depth: Int) throws(TableFailure) -> Item {
        var item = Item(minimumCapacity: object.count)
        for (name, json) in object { item[name] = try value(json, depth: depth) }
        return item
    }

    private static func value(_ json: JSONValue, depth: Int) throws(TableFailure) -> AttributeValue {
        guard depth <= maximumDepth else {
            throw .invalid(
                "Nesting Levels have exceeded supported limits: Attributes cannot have more than \(maximumDepth) levels "
                    + "of nesting")
        }
        let members = (json.objectValue ?? [:]).filter { !$0.1.isNull }
        guard members.count <= 1 else {
            throw .invalid(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
                    + "datatypes")
        }
        switch members.first {
        case ("S", .string(let text))?: return .string(text)
        case ("N", let content)?: return .number(try number(content))
        case ("B", .string(let text))?: return .binary(try binary(text))
        case ("BOOL", .bool(let value))?: return .bool(value)
        case ("NULL", let content)?:
            guard content == true else {
                throw invalidParameter("Null attribute value types must have the value of true")
            }
            return .null
        case ("L", .array(let elements))?:
            var list: [AttributeValue] = []
            for element in elements { list.append(try value(element, depth: depth + 1)) }
            return .list(list)
        case ("M", .object(let object))?: return .map(try Self.members(object, depth: depth + 1))
        case ("SS", .array(let elements))?: return try set(elements, "SS")
        case ("NS", .array(let elements))?: return try set(elements, "NS")
        case ("BS", .array(let elements))?: return try set(elements, "BS")
        default:
            throw .invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
        }
    }

    private static func invalidParameter(_ message: String) -> TableFailure {
        .invalid("One or more parameter values were invalid: \(message)")
    }

    private static func number(_ json: JSONValue) throws(TableFailure) -> String {
        let text = json.stringValue ?? json.numberValue?.spelling ?? ""
        guard AttributeValue(typedJSON: ["N": .string(text)]) != nil else {
            throw .invalid(
                "The parameter cannot be converted to a numeric value" + (text.isEmpty ? "" : ": \(text)"))
        }
        return text
    }

    private static func binary(_ text: String) throws(TableFailure) -> [UInt8] {
        guard let bytes = Base64.decode(text) else {
            throw TableFailure("SerializationException", "'\(text)' can not be converted to a Blob")
        }
        return bytes
    }

    private static func set(_ elements: [JSONValue], _ tag: String) throws(TableFailure) -> AttributeValue {
        guard !elements.isEmpty else {
            switch tag {
            case "SS": throw invalidParameter("An string set  may not be empty")
            case "NS": throw invalidParameter("An number set  may not be empty")
            default: throw invalidParameter("Binary sets should not be empty")
            }
        }
        var set: Set<AttributeValue> = []
        for element in elements {
            let value: AttributeValue
            if tag == "NS" {
                value = .number(try number(element))
            } else if let text = element.stringValue {
                value = tag == "SS" ? .string(text) : .binary(try binary(text))
            } else {
                throw .invalid(
                    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
            }
            guard set.insert(value).inserted else {
                if tag == "NS" { throw .invalid("Input collection contains duplicates") }
                let all = elements.compactMap(\.stringValue).joined(separator: ", ")
                throw invalidParameter(
                    "Input collection [\(all)]\(tag == "BS" ? "of type BS" : "") contains duplicates.")
            }
        }
        return .set(set)
    }
}

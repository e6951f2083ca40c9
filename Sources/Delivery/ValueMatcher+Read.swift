import JSON

extension ValueMatcher {
    /// Reads an element of a pattern's array: a plain value, or an object with one matcher.
    init(_ json: JSONValue, path: [String]) throws(DeliveryError) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let number): self = .number(number)
        case .string(let text): self = .text(Array(text.utf8))
        case .array:
            throw DeliveryError(
                code: .invalidMatcher, path: path, detail: "an array within an array of values is not allowed")
        case .object(let members):
            guard members.count == 1, let (name, value) = members.first else {
                throw DeliveryError(
                    code: .invalidMatcher, path: path,
                    detail: "a matcher is an object with one member; this one has \(members.count)")
            }
            self = try ValueMatcher.named(name, value, path: path + [name])
        }
    }

    private static func named(
        _ name: String, _ value: JSONValue, path: [String]
    ) throws(DeliveryError) -> ValueMatcher {
        switch name {
        case "exactly": return .text(Array(try text(value, of: name, path: path).utf8))
        case "prefix", "suffix": return try affix(name, value, path: path)
        case "equals-ignore-case": return .equalsIgnoringCase(try text(value, of: name, path: path).lowercased())
        case "wildcard": return .wildcard(try wildcard(value, path: path))
        case "anything-but": return .anythingBut(try exceptions(value, path: path))
        case "numeric": return .range(try NumericRange(value, path: path))
        case "cidr":
            let spelling = try text(value, of: name, path: path)
            guard let range = AddressRange(spelling) else {
                throw DeliveryError(
                    code: .invalidAddress, path: path,
                    detail: "cidr takes an address and a number of bits such as 10.0.0.0/24 or 2001:db8::/32")
            }
            return .addresses(range)
        case "exists":
            guard let exists = value.boolValue else {
                throw DeliveryError(
                    code: .invalidMatcher, path: path,
                    detail: "exists takes true or false; this is of type \(value.kindName)")
            }
            return exists ? .present : .absent
        default:
            throw DeliveryError(
                code: .unknownMatcher, path: path,
                detail:
                    "there is no matcher \"\(name)\"; there are exactly, prefix, suffix, equals-ignore-case, wildcard, "
                    + "anything-but, numeric, cidr and exists")
        }
    }

    /// `prefix` or `suffix` of a text, or of a text in any case.
    private static func affix(
        _ name: String, _ value: JSONValue, path: [String]
    ) throws(DeliveryError) -> ValueMatcher {
        guard case .object(let members) = value else {
            let text = Array(try text(value, of: name, path: path).utf8)
            return name == "prefix" ? .prefix(text) : .suffix(text)
        }
        guard members.count == 1, let inner = members["equals-ignore-case"] else {
            throw DeliveryError(
                code: .invalidMatcher, path: path,
                detail: "\(name) takes a text or an object with equals-ignore-case alone")
        }
        let text = try text(inner, of: "equals-ignore-case", path: path + ["equals-ignore-case"]).lowercased()
        return name == "prefix" ? .prefixIgnoringCase(text) : .suffixIgnoringCase(text)
    }

    /// What `anything-but` leaves out: a value, values of one type, or what a matcher of texts matches.
    private static func exceptions(_ value: JSONValue, path: [String]) throws(DeliveryError) -> [ValueMatcher] {
        guard case .object(let members) = value else {
            let values = try list(value, path: path)
            guard values.allSatisfy({ $0.stringValue != nil }) || values.allSatisfy({ $0.numberValue != nil }) else {
                throw DeliveryError(
                    code: .invalidMatcher, path: path, detail: "anything-but takes texts alone or numbers alone")
            }
            var matchers: [ValueMatcher] = []
            for value in values { matchers.append(try ValueMatcher(value, path: path)) }
            return matchers
        }
        let names = ["prefix", "suffix", "equals-ignore-case", "wildcard"]
        guard members.count == 1, let (name, inner) = members.first, names.contains(name) else {
            throw DeliveryError(
                code: .invalidMatcher, path: path,
                detail: "anything-but takes values or an object with one of \(names.joined(separator: ", "))")
        }
        var matchers: [ValueMatcher] = []
        for element in try list(inner, path: path + [name]) {
            let text = try text(element, of: name, path: path + [name])
            guard !text.isEmpty || name == "equals-ignore-case" else {
                throw DeliveryError(
                    code: .invalidMatcher, path: path + [name], detail: "an empty text would leave nothing to match")
            }
            matchers.append(try named(name, element, path: path + [name]))
        }
        return matchers
    }

    private static func list(_ value: JSONValue, path: [String]) throws(DeliveryError) -> [JSONValue] {
        guard case .array(let elements) = value else { return [value] }
        guard !elements.isEmpty else {
            throw DeliveryError(code: .emptyArray, path: path, detail: "an empty array is not allowed here")
        }
        return elements
    }

    private static func text(
        _ value: JSONValue, of name: String, path: [String]
    ) throws(DeliveryError) -> String {
        guard let text = value.stringValue else {
            throw DeliveryError(
                code: .invalidMatcher, path: path, detail: "\(name) takes a text; this is of type \(value.kindName)")
        }
        return text
    }

    private static func wildcard(_ value: JSONValue, path: [String]) throws(DeliveryError) -> WildcardMatcher {
        let text = try text(value, of: "wildcard", path: path)
        do {
            return try WildcardMatcher(text)
        } catch {
            throw DeliveryError(code: .invalidWildcard, path: path, detail: error.detail)
        }
    }
}

import JSON

/// A text in single quotes as an argument of an intrinsic function.
///
/// A backslash makes a quote, a brace or a backslash plain; `{}` is a place that `States.Format` fills.
struct IntrinsicText: Sendable, Hashable {
    /// As it stands between the quotes.
    let raw: String

    /// The text with its escapes resolved.
    var plain: String {
        var text = ""
        var isEscaped = false
        for character in raw {
            if !isEscaped, character == "\\" {
                isEscaped = true
                continue
            }
            if isEscaped, !"'{}\\".contains(character) { text.append("\\") }
            text.append(character)
            isEscaped = false
        }
        return isEscaped ? text + "\\" : text
    }

    /// The text with each `{}` replaced.
    func filled(_ values: ArraySlice<JSONValue>) throws(IntrinsicFailure) -> String {
        var text = ""
        var rest = values
        var isEscaped = false
        var characters = raw[...]
        while let character = characters.popFirst() {
            if isEscaped {
                if !"'{}\\".contains(character) { text.append("\\") }
                text.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "{", characters.first == "}" {
                characters.removeFirst()
                guard let value = rest.popFirst() else {
                    throw IntrinsicFailure("The number of occurrences of {} does not match the number of arguments")
                }
                text += value.formatted
                guard text.utf8.count <= IntrinsicFunction.maximumByteCount else { throw IntrinsicFailure.tooLong }
            } else {
                text.append(character)
            }
        }
        guard rest.isEmpty else {
            throw IntrinsicFailure("The number of occurrences of {} does not match the number of arguments")
        }
        return text
    }
}

extension JSONValue {
    /// The value as `States.Format` writes it: a string bare, an object as `{a=1, b=[x, y]}`.
    ///
    /// What is still to be written is kept in a list: a value may be deeper than the stack.
    var formatted: String {
        var text = ""
        var open: [(before: String, value: JSONValue?)] = [("", self)]
        while let (before, value) = open.popLast() {
            text += before
            switch value {
            case nil: break
            case .string(let value)?: text += value
            case .array(let elements)?:
                open.append(("]", nil))
                for (index, element) in elements.enumerated().reversed() {
                    open.append((index == 0 ? "[" : ", ", element))
                }
                if elements.isEmpty { text += "[" }
            case .object(let object)?:
                open.append(("}", nil))
                for (index, member) in object.enumerated().reversed() {
                    open.append(((index == 0 ? "{" : ", ") + member.key + "=", member.value))
                }
                if object.isEmpty { text += "{" }
            case .null?, .bool?, .number?: text += value?.text() ?? ""
            }
        }
        return text
    }
}

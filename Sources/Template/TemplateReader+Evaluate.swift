import YAML

extension TemplateReader {
    /// Carries out the functions in `node`.
    ///
    /// What can't be carried out is reported and gives an unknown value; a reference to nothing only gives one, since
    /// `checkReferences` has reported it.
    mutating func evaluate(_ node: YAMLNode) -> TemplateValue {
        if let function = TemplateFunction(node) { return evaluate(function) }
        switch node.content {
        case .scalar(let scalar): return TemplateValue(.scalar(scalar, tag: node.tag), at: node.position)
        case .sequence(let nodes):
            var elements: [TemplateValue] = []
            for node in nodes { elements.append(evaluate(node)) }
            return TemplateValue(.list(elements), at: node.position)
        case .mapping(let entries):
            var members: [TemplateValue.Member] = []
            for entry in entries {
                members.append(
                    TemplateValue.Member(key: entry.key, keyPosition: entry.keyPosition, value: evaluate(entry.value)))
            }
            return TemplateValue(.map(members), at: node.position)
        }
    }

    private mutating func evaluate(_ function: TemplateFunction) -> TemplateValue {
        switch function.name {
        case "Ref": return reference(function)
        case "Fn::GetAtt": return attribute(function)
        case "Fn::Sub": return substitution(function)
        case "Fn::Join": return join(function)
        case "Fn::Select": return select(function)
        case "Fn::Split": return split(function)
        case "Fn::If": return branch(function)
        case "Fn::FindInMap": return mapped(function)
        case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not", "Condition":
            report(
                .unsupportedFunction, at: function.position,
                "\(function.name) has its place under Conditions; here use Fn::If")
        default:
            report(
                .unsupportedFunction, at: function.position,
                "\(function.name) can't be carried out locally; there are Ref, Fn::GetAtt, Fn::Sub, Fn::Join, "
                    + "Fn::Select, Fn::Split, Fn::If and Fn::FindInMap")
        }
        return TemplateValue(.unknown, at: function.position)
    }

    private mutating func misuse(_ function: TemplateFunction, _ usage: String) -> TemplateValue {
        report(.invalidValue, at: function.position, "\(function.name) takes \(usage)")
        return TemplateValue(.unknown, at: function.position)
    }

    private mutating func reference(_ function: TemplateFunction) -> TemplateValue {
        guard let name = function.argument.scalar?.text else {
            return misuse(function, "the name of a parameter or resource")
        }
        let value = self.value(of: name, at: function.position)
        return TemplateValue(value.content, at: function.position)
    }

    private mutating func attribute(_ function: TemplateFunction) -> TemplateValue {
        guard let (id, attributeNode) = TemplateFunction.attribute(function.argument) else {
            return misuse(function, "a logical id and an attribute, such as Bucket.Arn")
        }
        guard let attribute = evaluate(attributeNode).text else {
            return TemplateValue(.unknown, at: function.position)
        }
        return attributeValue(id, attribute, at: function.position)
    }

    private mutating func substitution(_ function: TemplateFunction) -> TemplateValue {
        var text = function.argument.scalar?.text
        var variables: [TemplateValue.Member] = []
        if let parts = function.argument.sequence, parts.count == 2 {
            text = parts[0].scalar?.text
            guard let members = evaluate(parts[1]).members else {
                return misuse(function, "a text, or a list of a text and a mapping")
            }
            variables = members
        }
        guard let text, let parts = SubstitutionPart.parts(of: text) else {
            return misuse(function, "a text in which each ${ is closed, or a list of such a text and a mapping")
        }
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .variable(let name):
                let value: TemplateValue
                if let own = variables.first(where: { $0.key == name }) {
                    value = own.value
                } else if let dot = name.firstIndex(of: ".") {
                    value = attributeValue(
                        String(name[..<dot]), String(name[name.index(after: dot)...]), at: function.position)
                } else {
                    value = self.value(of: name, at: function.position)
                }
                guard !value.isUnknown else { return TemplateValue(.unknown, at: function.position) }
                guard let piece = value.text else {
                    return misuse(function, "texts for its variables; ${\(name)} is \(value.kindName)")
                }
                result += piece
            }
            guard result.utf8.count <= TemplateReader.maximumTextByteCount else { return tooLong(function) }
        }
        return TemplateValue(text: result, at: function.position)
    }

    private mutating func tooLong(_ function: TemplateFunction) -> TemplateValue {
        report(
            .invalidValue, at: function.position,
            "\(function.name) gives more than \(TemplateReader.maximumTextByteCount) bytes")
        return TemplateValue(.unknown, at: function.position)
    }

    private mutating func join(_ function: TemplateFunction) -> TemplateValue {
        let usage = "a delimiter and a list of texts"
        guard let parts = function.argument.sequence, parts.count == 2, let delimiter = parts[0].scalar?.text else {
            return misuse(function, usage)
        }
        let list = evaluate(parts[1])
        if list.isIncomplete { return TemplateValue(.unknown, at: function.position) }
        guard let elements = list.elements else { return misuse(function, usage) }
        let texts = elements.compactMap(\.text)
        guard texts.count == elements.count else { return misuse(function, usage) }
        let result = texts.joined(separator: delimiter)
        guard result.utf8.count <= TemplateReader.maximumTextByteCount else { return tooLong(function) }
        return TemplateValue(text: result, at: function.position)
    }

    private mutating func select(_ function: TemplateFunction) -> TemplateValue {
        guard let parts = function.argument.sequence, parts.count == 2 else {
            return misuse(function, "an index and a list")
        }
        let index = evaluate(parts[0])
        let list = evaluate(parts[1])
        if index.isUnknown || list.isUnknown { return TemplateValue(.unknown, at: function.position) }
        guard let position = index.text.flatMap(Int.init), let elements = list.elements,
            elements.indices.contains(position)
        else { return misuse(function, "an index from 0 and a list that long") }
        return TemplateValue(elements[position].content, at: function.position)
    }

    private mutating func split(_ function: TemplateFunction) -> TemplateValue {
        let usage = "a delimiter and a text"
        guard let parts = function.argument.sequence, parts.count == 2, let delimiter = parts[0].scalar?.text,
            !delimiter.isEmpty
        else { return misuse(function, usage) }
        let source = evaluate(parts[1])
        if source.isUnknown { return TemplateValue(.unknown, at: function.position) }
        guard let text = source.text else { return misuse(function, usage) }
        let pieces = text.split(separator: delimiter, omittingEmptySubsequences: false).map {
            TemplateValue(text: String($0), at: function.position)
        }
        return TemplateValue(.list(pieces), at: function.position)
    }

    private mutating func branch(_ function: TemplateFunction) -> TemplateValue {
        guard let parts = function.argument.sequence, parts.count == 3, let name = parts[0].scalar?.text else {
            return misuse(function, "the name of a condition and two values")
        }
        return evaluate(condition(name, at: parts[0].position) ? parts[1] : parts[2])
    }

    private mutating func mapped(_ function: TemplateFunction) -> TemplateValue {
        guard let parts = function.argument.sequence, parts.count == 3 else {
            return misuse(function, "a mapping's name and two keys")
        }
        var keys: [String] = []
        for part in parts {
            let key = evaluate(part)
            if key.isUnknown { return TemplateValue(.unknown, at: function.position) }
            guard let text = key.text else { return misuse(function, "a mapping's name and two keys") }
            keys.append(text)
        }
        guard let node = mappings?[keys[0]]?[keys[1]]?[keys[2]] else {
            report(
                .unknownReference, at: function.position, "Mappings has no \(keys.joined(separator: " / "))")
            return TemplateValue(.unknown, at: function.position)
        }
        let value = TemplateValue(literal: node)
        return TemplateValue(value.content, at: function.position)
    }
}

import YAML

/// A call of one of CloudFormation's functions, in its short form (`!Ref X`) or its long one (`{Ref: X}`).
struct TemplateFunction {
    /// In the long form: `Ref`, `Condition` or `Fn::...`.
    let name: String
    let argument: YAMLNode
    let position: YAMLPosition

    /// Nil when `node` is a value like any other.
    init?(_ node: YAMLNode) {
        position = node.position
        if let tag = node.tag, tag.hasPrefix("!"), tag.utf8.count > 1 {
            let short = String(tag.dropFirst())
            name = short == "Ref" || short == "Condition" ? short : "Fn::\(short)"
            argument = YAMLNode(content: node.content, tag: nil, position: node.position)
        } else if let entries = node.mapping, entries.count == 1, let entry = entries.first,
            entry.key == "Ref" || entry.key.hasPrefix("Fn::")
        {
            name = entry.key
            argument = entry.value
        } else {
            return nil
        }
    }

    /// The resource and attribute of a `Fn::GetAtt`: `A.B`, or a list of the two.
    ///
    /// A logical id has no dots, an attribute may have some (`Outputs.X`).
    static func attribute(_ argument: YAMLNode) -> (logicalID: String, attribute: YAMLNode)? {
        if let parts = argument.sequence {
            guard parts.count == 2, let id = parts[0].scalar?.text else { return nil }
            return (id, parts[1])
        }
        guard let text = argument.scalar?.text, let dot = text.firstIndex(of: ".") else { return nil }
        let attribute = String(text[text.index(after: dot)...])
        return (
            String(text[..<dot]),
            YAMLNode(
                content: .scalar(YAMLScalar(text: attribute, style: .doubleQuoted)), tag: nil,
                position: argument.position)
        )
    }
}

/// The text of a `Fn::Sub`, cut at its variables.
enum SubstitutionPart: Hashable {
    case text(String)
    /// `X` or `X.Attribute` of `${X}`.
    case variable(String)

    /// `${!Literal}` is the text `${Literal}`. Nil when a `${` is not closed.
    static func parts(of text: String) -> [SubstitutionPart]? {
        var parts: [SubstitutionPart] = []
        var literal = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            literal += rest[..<dollar]
            rest = rest[dollar...]
            guard rest.hasPrefix("${") else {
                literal += "$"
                rest = rest.dropFirst()
                continue
            }
            guard let close = rest.firstIndex(of: "}") else { return nil }
            var name = rest[rest.index(dollar, offsetBy: 2)..<close]
            rest = rest[rest.index(after: close)...]
            if name.hasPrefix("!") {
                literal += "${\(name.dropFirst())}"
                continue
            }
            while name.first?.isWhitespace == true { name.removeFirst() }
            while name.last?.isWhitespace == true { name.removeLast() }
            if !literal.isEmpty { parts.append(.text(literal)) }
            literal = ""
            parts.append(.variable(String(name)))
        }
        literal += rest
        if !literal.isEmpty { parts.append(.text(literal)) }
        return parts
    }
}

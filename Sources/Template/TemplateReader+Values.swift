import JSON
import YAML

/// What may stand in a mapping, and what a local run makes of it.
struct MappingShape {
    /// What the mapping is, for messages: "a function".
    let subject: String
    /// Read by us.
    let used: Set<String>
    /// Known to AWS, without a meaning for a local run.
    var ignored: Set<String> = []
    /// Known to AWS, with a meaning that a local run does not have; the run is not quite what would be deployed.
    var missing: Set<String> = []
    /// Known to AWS; a run without it would be another thing.
    var refused: Set<String> = []
}

extension TemplateReader {
    /// Reports keys that `shape` does not know or does not have.
    mutating func check(_ keys: [(key: String, position: YAMLPosition)], _ shape: MappingShape) {
        for (key, position) in keys {
            if shape.used.contains(key) || shape.ignored.contains(key) { continue }
            if shape.missing.contains(key) {
                warn(.unsupportedProperty, at: position, "\(key) of \(shape.subject) has no effect in a local run")
            } else if shape.refused.contains(key) {
                report(.unsupportedProperty, at: position, "\(key) of \(shape.subject) is not supported in a local run")
            } else {
                let known = shape.used.union(shape.ignored).union(shape.missing).union(shape.refused)
                let near = nearest(to: key, among: known.sorted()).map { "; did you mean \($0)?" } ?? ""
                report(.unknownProperty, at: position, "\(shape.subject) has no property \"\(key)\"\(near)")
            }
        }
    }

    mutating func check(_ value: TemplateValue, _ shape: MappingShape) {
        if value.isUnknown { return }
        guard let members = value.members else {
            report(.invalidValue, at: value.position, "\(shape.subject) is a mapping; this is \(value.kindName)")
            return
        }
        check(members.map { ($0.key, $0.keyPosition) }, shape)
    }

    mutating func checkProperties(of resource: Resource, _ shape: MappingShape) {
        check(resource.properties?.mapping?.map { ($0.key, $0.keyPosition) } ?? [], shape)
    }

    /// A property of a resource with its functions carried out.
    mutating func property(_ resource: Resource, _ name: String) -> TemplateValue? {
        guard let node = resource.properties?[name] else { return nil }
        let value = evaluate(node)
        return value.isAbsent ? nil : value
    }

    /// A text, or nil when there is none; another kind of value is reported.
    mutating func text(_ value: TemplateValue?, _ name: String) -> String? {
        guard let value, !value.isUnknown else { return nil }
        guard let text = value.text else {
            report(.invalidValue, at: value.position, "\(name) is a text; this is \(value.kindName)")
            return nil
        }
        return text
    }

    mutating func integer(_ value: TemplateValue?, _ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value, !value.isUnknown else { return nil }
        guard case .number(let number) = value.json, let integer = number.int, range.contains(integer) else {
            // A parameter's or function's number is a text, and a quoted one is one to CloudFormation, too.
            if let integer = value.text.flatMap({ Int($0) }), range.contains(integer) { return integer }
            report(
                .invalidValue, at: value.position,
                "\(name) is a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return integer
    }

    mutating func bool(_ value: TemplateValue?, _ name: String) -> Bool? {
        guard let value, !value.isUnknown else { return nil }
        if let bool = value.json.boolValue { return bool }
        switch value.text {
        case "true": return true
        case "false": return false
        default:
            report(.invalidValue, at: value.position, "\(name) is true or false")
            return nil
        }
    }

    mutating func elements(_ value: TemplateValue?, _ name: String) -> [TemplateValue] {
        guard let value, !value.isUnknown else { return [] }
        guard let elements = value.elements else {
            report(.invalidValue, at: value.position, "\(name) is a list; this is \(value.kindName)")
            return []
        }
        return elements
    }

    mutating func members(_ value: TemplateValue?, _ name: String) -> [TemplateValue.Member] {
        guard let value, !value.isUnknown else { return [] }
        guard let members = value.members else {
            report(.invalidValue, at: value.position, "\(name) is a mapping; this is \(value.kindName)")
            return []
        }
        return members
    }

    /// The resource's physical name, held against the rules of its service, since it becomes a name of files.
    mutating func checkedName(of resource: Resource, _ rule: NameRule) -> String? {
        guard let name = physicalName(of: resource, at: resource.position) else { return nil }
        guard rule.accepts(name) else {
            report(.invalidValue, at: resource.position, "\"\(name)\" is no name of \(rule.subject): \(rule.words)")
            return nil
        }
        return name
    }
}

/// What a service allows as a name.
struct NameRule {
    let subject: String
    let lengths: ClosedRange<Int>
    /// Allowed besides letters and digits.
    let punctuation: String
    var hasCapitals = true
    /// Whether dots may stand neither at an end nor side by side.
    var isDotted = false

    static let function = NameRule(subject: "a function", lengths: 1...64, punctuation: "-_")
    static let bucket = NameRule(
        subject: "a bucket", lengths: 3...63, punctuation: ".-", hasCapitals: false, isDotted: true)
    static let table = NameRule(subject: "a table", lengths: 3...255, punctuation: "_.-")
    static let stateMachine = NameRule(subject: "a state machine", lengths: 1...80, punctuation: "-_")
    static let queue = NameRule(subject: "a standard queue", lengths: 1...80, punctuation: "-_")
    static let rule = NameRule(subject: "a rule", lengths: 1...64, punctuation: "._-")
    static let schedule = NameRule(subject: "a schedule", lengths: 1...64, punctuation: "._-")
    static let sensor = NameRule(subject: "a sensor", lengths: 1...64, punctuation: "._-")

    func accepts(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard lengths.contains(bytes.count), bytes.allSatisfy({ $0.isAlphanumeric || punctuation.utf8.contains($0) }),
            hasCapitals || !bytes.contains(where: { (0x41...0x5A).contains($0) })
        else { return false }
        guard isDotted else { return true }
        return bytes.first?.isAlphanumeric == true && bytes.last?.isAlphanumeric == true && !name.contains("..")
    }

    var words: String {
        let marks = punctuation.map { String($0) }.joined(separator: " ")
        return
            "\(lengths.lowerBound) to \(lengths.upperBound) \(hasCapitals ? "" : "small ")letters, digits and \(marks)"
            + (isDotted ? ", a letter or digit at both ends, no two dots in a row" : "")
    }
}

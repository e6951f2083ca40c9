import JSON
import YAML

/// A part of a template with its functions (`Ref`, `Fn::Sub`, ...) carried out.
struct TemplateValue: Sendable, Hashable {
    indirect enum Content: Sendable, Hashable {
        case scalar(YAMLScalar, tag: String?)
        case list([TemplateValue])
        case map([Member])
        /// What `AWS::NoValue` stands for: as if it had not been written.
        case absent
        /// Could not be found out; a finding says why, so nothing more is to be said about it.
        case unknown
    }

    struct Member: Sendable, Hashable {
        let key: String
        let keyPosition: YAMLPosition
        let value: TemplateValue
    }

    let content: Content
    let position: YAMLPosition

    init(_ content: Content, at position: YAMLPosition) {
        self.content = content
        self.position = position
    }

    /// A text that a function gave.
    init(text: String, at position: YAMLPosition) {
        self.init(.scalar(YAMLScalar(text: text, style: .doubleQuoted), tag: nil), at: position)
    }

    /// A node in which nothing is to be carried out.
    init(literal node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar): self.init(.scalar(scalar, tag: node.tag), at: node.position)
        case .sequence(let nodes): self.init(.list(nodes.map(TemplateValue.init(literal:))), at: node.position)
        case .mapping(let entries):
            let members = entries.map {
                Member(key: $0.key, keyPosition: $0.keyPosition, value: TemplateValue(literal: $0.value))
            }
            self.init(.map(members), at: node.position)
        }
    }

    /// The member under `key`; nil when there is none, or it is as if there were none.
    subscript(key: String) -> TemplateValue? {
        guard let value = members?.first(where: { $0.key == key })?.value, !value.isAbsent else { return nil }
        return value
    }

    var members: [Member]? {
        guard case .map(let members) = content else { return nil }
        return members.filter { !$0.value.isAbsent }
    }
    var elements: [TemplateValue]? {
        guard case .list(let elements) = content else { return nil }
        return elements.filter { !$0.isAbsent }
    }
    var isUnknown: Bool { content == .unknown }
    var isAbsent: Bool { content == .absent }
    var isNull: Bool {
        if case .scalar(let scalar, let tag) = content { scalar.resolved(tag: tag) == .null } else { false }
    }

    /// A scalar's text as it was written, whatever it stands for: `123` and `true` are texts where a text is wanted.
    var text: String? {
        guard case .scalar(let scalar, _) = content, !isNull else { return nil }
        return scalar.text
    }

    /// Whether any part of it is unknown.
    var isIncomplete: Bool {
        switch content {
        case .unknown: true
        case .scalar, .absent: false
        case .list(let elements): elements.contains { $0.isIncomplete }
        case .map(let members): members.contains { $0.value.isIncomplete }
        }
    }

    var kindName: String {
        switch content {
        case .scalar: isNull ? "null" : "a text or number"
        case .list: "a list"
        case .map: "a mapping"
        case .absent: "nothing"
        case .unknown: "unknown"
        }
    }

    /// The value as JSON; what is absent is left out.
    var json: JSONValue {
        switch content {
        case .scalar(let scalar, let tag): JSONValue(scalar.resolved(tag: tag), spelling: scalar.text)
        case .list: .array((elements ?? []).map(\.json))
        case .map: .object(JSONObject((members ?? []).map { ($0.key, $0.value.json) }))
        case .absent, .unknown: .null
        }
    }
}

extension JSONValue {
    /// A scalar of YAML; numbers keep their spelling where JSON has it.
    init(_ value: YAMLScalar.Value, spelling: String) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = JSONNumber(spelling: spelling).map(JSONValue.number) ?? .int(value)
        case .float(let value): self = JSONNumber(spelling: spelling).map(JSONValue.number) ?? .double(value)
        case .string(let text): self = .string(text)
        }
    }
}

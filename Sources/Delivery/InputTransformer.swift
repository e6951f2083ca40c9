package import Clocks
package import JSON

/// Makes a target's input of parts of an event ("EventBridge input transformation").
///
/// Where `<name>` stands within quotes, a text goes in as it is (with what JSON wants escaped) and anything else as its
/// JSON text; elsewhere the value goes in as JSON. A variable whose path is not in the event is an empty text.
package struct InputTransformer: Sendable, Hashable {
    /// What EventBridge knows besides the event.
    package struct Context: Sendable, Hashable {
        package let ruleARN: String
        package let ruleName: String
        package let ingestionTime: Timestamp

        package init(ruleARN: String, ruleName: String, ingestionTime: Timestamp) {
            self.ruleARN = ruleARN
            self.ruleName = ruleName
            self.ingestionTime = ingestionTime
        }
    }

    private enum Part: Sendable, Hashable {
        case text([UInt8])
        case variable(String, isQuoted: Bool)
    }

    private static let predefined: Set<String> = [
        "aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event",
        "aws.events.event.json",
    ]

    private let paths: [String: EventPath]
    private let parts: [Part]

    /// - Throws: ``DeliveryError`` for a path that is none, or a variable without a path.
    package init(paths: [String: String], template: String) throws(DeliveryError) {
        var compiled: [String: EventPath] = [:]
        for (name, spelling) in paths {
            guard let path = EventPath(spelling) else {
                throw DeliveryError(
                    code: .invalidPath, detail: "the path of <\(name)>, \(spelling), can't be followed")
            }
            compiled[name] = path
        }
        self.paths = compiled
        parts = try InputTransformer.parts(
            of: Array(template.utf8), names: Set(paths.keys).union(InputTransformer.predefined))
    }

    private static func parts(of template: [UInt8], names: Set<String>) throws(DeliveryError) -> [Part] {
        var parts: [Part] = []
        var text: [UInt8] = []
        var isQuoted = false
        var index = 0
        while index < template.count {
            let byte = template[index]
            if byte == UInt8(ascii: "<"), let close = template[index...].firstIndex(of: UInt8(ascii: ">")) {
                let name = String(decoding: template[(index + 1)..<close], as: UTF8.self)
                let isName = name.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                        || "._-".utf8.contains($0)
                }
                if !name.isEmpty, isName {
                    guard names.contains(name) else {
                        throw DeliveryError(
                            code: .unknownVariable, detail: "<\(name)> has no path in the InputPathsMap")
                    }
                    parts += [.text(text), .variable(name, isQuoted: isQuoted)]
                    text = []
                    index = close + 1
                    continue
                }
            }
            if byte == UInt8(ascii: "\\"), isQuoted, index + 1 < template.count {
                text += [byte, template[index + 1]]
                index += 2
                continue
            }
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            text.append(byte)
            index += 1
        }
        return parts + [.text(text)]
    }

    /// The input: JSON if the template is.
    package func input(for event: JSONValue, _ context: Context) -> [UInt8] {
        var output: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let bytes): output += bytes
            case .variable(let name, let isQuoted):
                let value = value(of: name, event, context) ?? .string("")
                guard isQuoted else {
                    value.write(to: &output)
                    continue
                }
                let text = value.stringValue ?? value.text()
                output += JSONValue.string(text).bytes().dropFirst().dropLast()
            }
        }
        return output
    }

    private func value(of name: String, _ event: JSONValue, _ context: Context) -> JSONValue? {
        switch name {
        case "aws.events.rule-arn": .string(context.ruleARN)
        case "aws.events.rule-name": .string(context.ruleName)
        case "aws.events.event.ingestion-time": .string(context.ingestionTime.iso8601)
        case "aws.events.event", "aws.events.event.json": event
        default: paths[name]?.value(in: event)
        }
    }
}

import JSON
import YAML

extension TemplateReader {
    mutating func readParameters(_ section: YAMLNode?) {
        let entries = section?.mapping ?? []
        for name in options.parameters.keys.sorted() where !entries.contains(where: { $0.key == name }) {
            report(
                .unknownParameter, at: section?.position ?? YAMLPosition(line: 1, column: 1),
                "a value is given for the parameter \(name), which the template does not have")
        }
        for entry in entries { readParameter(entry) }
    }

    private mutating func readParameter(_ entry: YAMLEntry) {
        let name = entry.key
        let node = TemplateValue(literal: entry.value)
        parameters[name] = TemplateValue(.unknown, at: entry.keyPosition)
        guard let type = node["Type"]?.text else {
            report(.missingProperty, at: entry.keyPosition, "the parameter \(name) has no Type")
            return
        }
        let given = options.parameters[name]
        guard let value = given ?? parameterDefault(node) else {
            report(
                .missingParameter, at: entry.keyPosition,
                "the parameter \(name) has no Default; give it a value")
            return
        }
        if type.hasPrefix("AWS::SSM::Parameter::"), given == nil {
            report(
                .missingParameter, at: entry.keyPosition,
                "the parameter \(name) names a value in the Parameter Store, which is not there locally; "
                    + "give it a value"
            )
            return
        }
        checkParameter(name, value, type: type, node)
        application.parameters.append(
            Application.Parameter(
                name: name, type: type, value: value, isDefault: given == nil, isSecret: node["NoEcho"]?.text == "true",
                position: place(entry.keyPosition)))
        let position = entry.keyPosition
        if type == "CommaDelimitedList" || type.hasPrefix("List<") || type.hasSuffix("<CommaDelimitedList>")
            || type.contains("<List<")
        {
            let parts = value.isEmpty ? [] : value.split(separator: ",", omittingEmptySubsequences: false)
            let elements = parts.map { part in
                TemplateValue(text: String(part.drop(while: \.isWhitespace).trimmedEnd), at: position)
            }
            parameters[name] = TemplateValue(.list(elements), at: position)
        } else {
            parameters[name] = TemplateValue(text: value, at: position)
        }
    }

    private func parameterDefault(_ node: TemplateValue) -> String? {
        guard let value = node["Default"] else { return nil }
        if let text = value.text { return text }
        return value.isNull ? "" : nil
    }

    private mutating func checkParameter(_ name: String, _ value: String, type: String, _ node: TemplateValue) {
        let position = node.position
        if let allowed = node["AllowedValues"]?.elements?.compactMap(\.text), !allowed.contains(value) {
            report(
                .invalidValue, at: position,
                "the value of the parameter \(name) is none of its AllowedValues (\(allowed.joined(separator: ", ")))")
        }
        if type == "Number" {
            guard let number = Double(value) else {
                report(.invalidValue, at: position, "the value of the parameter \(name) is no number")
                return
            }
            if let least = node["MinValue"]?.text.flatMap(Double.init), number < least {
                report(.invalidValue, at: position, "the value of the parameter \(name) is less than its MinValue")
            }
            if let greatest = node["MaxValue"]?.text.flatMap(Double.init), number > greatest {
                report(.invalidValue, at: position, "the value of the parameter \(name) is greater than its MaxValue")
            }
        }
        if let least = node["MinLength"]?.text.flatMap(Int.init), value.unicodeScalars.count < least {
            report(.invalidValue, at: position, "the value of the parameter \(name) is shorter than its MinLength")
        }
        if let greatest = node["MaxLength"]?.text.flatMap(Int.init), value.unicodeScalars.count > greatest {
            report(.invalidValue, at: position, "the value of the parameter \(name) is longer than its MaxLength")
        }
    }
}

extension Substring {
    fileprivate var trimmedEnd: Substring {
        var rest = self
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}

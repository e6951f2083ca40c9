import JSON
import YAML

/// Writes a part of a YAML text as JSON in which each key and element is in the line where YAML has it, so that what is
/// said about a line of the JSON holds for the YAML.
enum LineKeepingJSON {
    static func bytes(of value: TemplateValue) -> [UInt8] {
        var writer = Writer()
        writer.write(value)
        return writer.output
    }

    private struct Writer {
        var output: [UInt8] = []
        private var line = 1

        /// Goes on in `wanted`; back it can't go, which only an alias would ask for.
        private mutating func advance(to wanted: Int) {
            while line < wanted {
                output.append(UInt8(ascii: "\n"))
                line += 1
            }
        }

        mutating func write(_ value: TemplateValue) {
            advance(to: value.position.line)
            if let members = value.members {
                output.append(UInt8(ascii: "{"))
                for (index, member) in members.enumerated() {
                    if index > 0 { output.append(UInt8(ascii: ",")) }
                    advance(to: member.keyPosition.line)
                    JSONValue.string(member.key).write(to: &output)
                    output.append(UInt8(ascii: ":"))
                    write(member.value)
                }
                output.append(UInt8(ascii: "}"))
            } else if let elements = value.elements {
                output.append(UInt8(ascii: "["))
                for (index, element) in elements.enumerated() {
                    if index > 0 { output.append(UInt8(ascii: ",")) }
                    write(element)
                }
                output.append(UInt8(ascii: "]"))
            } else {
                value.json.write(to: &output)
            }
        }
    }
}

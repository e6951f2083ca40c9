/// One `--name` that a verb takes.
struct Option: Sendable {
    let name: String
    /// What its value is called in help; nil for a flag that takes none.
    let valueName: String?
    let help: String
    var isRepeatable = false

    static func flag(_ name: String, _ help: String) -> Option { Option(name: name, valueName: nil, help: help) }
    static func value(_ name: String, _ valueName: String, _ help: String, isRepeatable: Bool = false) -> Option {
        Option(name: name, valueName: valueName, help: help, isRepeatable: isRepeatable)
    }

    /// The spelling in help: `--data DIR`.
    var spelling: String { "--\(name)" + (valueName.map { " \($0)" } ?? "") }

    static let data = value("data", "DIR", "the data folder: buckets, tables, executions, logs (.turntable)")
    static let template = value("template", "FILE", "the SAM template (infra/template.yaml)")
    static let json = flag("json", "one JSON object a line, for programs")
}

/// The words behind a verb, sorted into options and positional arguments.
struct Arguments: Sendable {
    private(set) var positionals: [String] = []
    private var values: [String: [String]] = [:]
    private var flags: Set<String> = []

    /// Sorts `words`: `--name value`, `--name=value`, `--flag`, and all else in order; after `--` nothing is an option.
    ///
    /// - Throws: ``UsageError`` for an unknown option (naming the near one), a missing or superfluous value, an option
    ///   given twice, and too few or too many positional arguments.
    init(_ words: [String], for verb: any Verb.Type) throws {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                positionals += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                positionals.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = String(parts[0].drop { $0 == "-" })
            guard parts[0].hasPrefix("--"), let option = verb.options.first(where: { $0.name == name }) else {
                let hint = Suggestion.hint(for: name, in: verb.options.map(\.name) + ["help"], prefix: "--")
                throw UsageError("turntable \(verb.name) takes no option \(parts[0])\(hint)")
            }
            guard let valueName = option.valueName else {
                guard parts.count == 1 else { throw UsageError("--\(name) takes no value") }
                flags.insert(name)
                continue
            }
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                throw UsageError("--\(name) needs a value: --\(name) \(valueName)")
            }
            guard option.isRepeatable || values[name] == nil else { throw UsageError("--\(name) is given twice") }
            values[name, default: []].append(value)
        }
        let names = verb.positionals
        let takesMore = names.last?.hasSuffix("...]") == true
        guard takesMore || positionals.count <= names.count else {
            throw UsageError("turntable \(verb.name): '\(positionals[names.count])' is one argument too many")
        }
        let required = names.filter { !$0.hasPrefix("[") }.count
        guard positionals.count >= required else {
            throw UsageError("turntable \(verb.name): \(names[positionals.count]) is missing")
        }
    }

    func has(_ flag: String) -> Bool { flags.contains(flag) }
    func value(_ name: String) -> String? { values[name]?.last }
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// The option's value as a number within `range`, or `fallback` when it isn't given.
    ///
    /// - Throws: ``UsageError`` naming the option and the range.
    func integer(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws -> Int {
        guard let text = value(name) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "--\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return number
    }

    /// The data folder that the command works on.
    var dataFolder: String { value("data") ?? ".turntable" }
    /// The SAM template that the command reads.
    var templateFile: String { value("template") ?? "infra/template.yaml" }
}

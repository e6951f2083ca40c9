/// One of the things that `turntable` does: `turntable NAME ...`.
protocol Verb: Sendable {
    static var name: String { get }
    /// One line for the list of verbs.
    static var summary: String { get }
    /// Names of the positional arguments; those that may be left out stand in brackets. A last one of the form `[NAME...]`
    /// takes any number.
    static var positionals: [String] { get }
    static var options: [Option] { get }
    /// What else help should say: examples, output forms.
    static var details: String { get }

    init(_ arguments: Arguments) throws

    /// Does the work.
    ///
    /// - Returns: Whether all went well; false is exit status 1 for something that was already reported.
    func run() async throws -> Bool
}

extension Verb {
    static var positionals: [String] { [] }
    static var details: String { "" }

    /// What `turntable VERB --help` prints.
    static var help: String {
        let words = ["turntable", name] + positionals + (options.isEmpty ? [] : ["[options]"])
        var text = "\(summary)\n\nUsage: \(words.joined(separator: " "))\n"
        let rows = (options + [Option.flag("help", "this text")]).map { [$0.spelling, $0.help] }
        text += "\nOptions:\n" + TextTable(rows, indent: 2).text
        if !details.isEmpty { text += "\n\(details)\n" }
        return text
    }
}

/// The command line: finds the verb, gives it its arguments, and turns what it throws into a message and exit status.
enum Turntable {
    static let version = "0.1.0"

    static let verbs: [any Verb.Type] = [
        Serve.self, Clock.self, Simulate.self, Certify.self, Demo.self, Invoke.self, Put.self, KPIs.self,
        Executions.self,
        History.self, Queues.self, Generate.self, Etl.self, Validate.self, Coverage.self, TestState.self,
        EvaluateJSONata.self,
        Package.self, Verify.self, Doctor.self,
    ]

    /// - Returns: 0 done, 1 failed, 2 wrong usage.
    static func run(_ words: [String]) async -> Int32 {
        guard let name = words.first else {
            Console.note(help)
            return 2
        }
        if ["--help", "-h", "help"].contains(name) {
            return showHelp(of: words.dropFirst().first)
        }
        if name == "--version" {
            Console.print("turntable \(version)")
            return 0
        }
        guard let verb = verbs.first(where: { $0.name == name }) else { return fail(unknown(name), status: 2) }
        let rest = Array(words.dropFirst())
        let beforeSeparator = rest.prefix { $0 != "--" }
        if beforeSeparator.contains("--help") || beforeSeparator.contains("-h") { return showHelp(of: name) }
        do {
            return try await verb.init(Arguments(rest, for: verb)).run() ? 0 : 1
        } catch let error as UsageError {
            return fail("\(error); see 'turntable \(name) --help'", status: 2)
        } catch {
            return fail("\(error)", status: 1)
        }
    }

    private static func showHelp(of name: String?) -> Int32 {
        guard let name else {
            Console.print(help)
            return 0
        }
        guard let verb = verbs.first(where: { $0.name == name }) else { return fail(unknown(name), status: 2) }
        Console.write(verb.help)
        return 0
    }

    private static func unknown(_ name: String) -> String {
        "there is no 'turntable \(name)'\(Suggestion.hint(for: name, in: verbs.map { $0.name })) "
            + "('turntable --help' lists all)"
    }

    private static func fail(_ message: String, status: Int32) -> Int32 {
        Console.note("turntable: \(message)")
        return status
    }

    static var help: String {
        let rows = verbs.map { [$0.name, $0.summary] }
        return "Turntable runs serverless data pipelines here as they run on AWS.\n\n"
            + "Usage: turntable VERB [options]\n\nVerbs:\n" + TextTable(rows, indent: 2).text
            + "\n'turntable VERB --help' tells more. Exit status: 0 done, 1 failed, 2 wrong usage."
    }
}

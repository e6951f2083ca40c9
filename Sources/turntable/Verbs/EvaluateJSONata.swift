import Clocks
import FileSystem
import JSON
import JSONata

/// Evaluates one expression of JSONata.
struct EvaluateJSONata: Verb {
    static let name = "jsonata"
    static let summary = "evaluates an expression of JSONata and prints the result as JSON"
    static let positionals = ["[EXPRESSION]"]
    static let options = [
        Option.value("expression-file", "FILE", "the expression, instead of an argument"),
        .value("input", "FILE", "the JSON that the expression looks at"),
        .value("bindings", "FILE", "a JSON object of variables, by their names without $"),
    ]
    static let details =
        "Prints nothing for an undefined result. An error is one line on standard error, 'CODE: message (position N)', with exit "
        + "status 1."

    /// Bytes of an input, an expression or bindings at most.
    private static let maximumByteCount = 256 << 20

    private let expression: String
    private let input: JSONValue?
    private let bindings: [String: JSONValue]

    init(_ arguments: Arguments) throws {
        switch (arguments.positionals.first, arguments.value("expression-file")) {
        case (let text?, nil): expression = text
        case (nil, let file?): expression = try EvaluateJSONata.text(of: file)
        case (nil, nil): throw UsageError("the expression is missing: an argument, or --expression-file FILE")
        case (.some, .some): throw UsageError("the expression is given twice: an argument, and --expression-file")
        }
        input = try arguments.value("input").map { try EvaluateJSONata.json(in: $0) }
        guard let file = arguments.value("bindings") else {
            bindings = [:]
            return
        }
        guard let object = try EvaluateJSONata.json(in: file).objectValue else {
            throw CommandError("\(file): the bindings must be an object of variables by name")
        }
        bindings = Dictionary(object.map { ($0.key, $0.value) }) { $1 }
    }

    func run() async throws -> Bool {
        do {
            let parsed = try JSONataExpression(parsing: expression)
            let context = JSONataContext(now: SystemClock().now, entropy: SystemEntropy())
            if let result = try parsed.evaluate(input, bindings: bindings, context: context) {
                Console.print(result.text())
            }
            return true
        } catch {
            Console.note("\(error)" + (error.position.map { " (position \($0))" } ?? ""))
            return false
        }
    }

    /// A file's text; bytes that are no UTF-8 become U+FFFD.
    private static func text(of file: String) throws -> String {
        String(decoding: try FileSystem.readFile(file, maximumByteCount: maximumByteCount), as: UTF8.self)
    }

    private static func json(in file: String) throws -> JSONValue {
        do {
            return try JSONValue(parsing: try text(of: file))
        } catch let error as JSONError {
            throw CommandError("\(file): \(error)")
        }
    }
}

import RegularExpressions

/// One token, with where it ends: the reference implementation's errors point there.
struct Token {
    enum Kind {
        case end
        case symbol(String)
        case name(String)
        case variable(String)
        case string(String)
        case number(Double)
        case bool(Bool)
        case null
        case regex(RegularExpression)
    }

    let kind: Kind
    let position: Int

    /// How the grammar knows the token: operators by themselves, all else by its class.
    var id: String {
        switch kind {
        case .end: "(end)"
        case .symbol(let text): text
        case .name, .variable: "(name)"
        case .string, .number, .bool, .null: "(literal)"
        case .regex: "(regex)"
        }
    }

    /// The token's text in errors and signatures.
    var text: String {
        switch kind {
        case .end: "(end)"
        case .symbol(let text), .name(let text), .variable(let text), .string(let text): text
        case .number(let value): NumberText.javaScript(value)
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        case .regex(let expression): "/\(expression.pattern)/"
        }
    }

    func isSymbol(_ text: String) -> Bool { if case .symbol(let own) = kind { own == text } else { false } }
}

/// Numbers the names of variables, so that frames compare integers. Built-in functions come first.
struct SymbolTable: Sendable {
    typealias Symbol = Int

    private(set) var names: [String]
    private var symbols: [String: Symbol]

    /// `$`, the context.
    static let context: Symbol = 0
    /// `$$`, the whole input.
    static let root: Symbol = 1
    /// Symbols that are not functions.
    static let reserved = ["", "$"]

    init(functions: [String]) {
        names = SymbolTable.reserved + functions
        symbols = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func symbol(_ name: String) -> Symbol {
        if let symbol = symbols[name] { return symbol }
        names.append(name)
        symbols[name] = names.count - 1
        return names.count - 1
    }

    func existing(_ name: String) -> Symbol? { symbols[name] }
}

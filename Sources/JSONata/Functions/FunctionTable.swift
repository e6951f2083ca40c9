/// The built-in functions of one dialect, by symbol.
struct FunctionTable: @unchecked Sendable {
    // Sendable: the functions are built-in ones, which nothing changes.
    private let functions: [FunctionValue]
    let symbols: SymbolTable

    private init(_ builtins: [Builtin]) {
        functions = builtins.map { FunctionValue(.builtin($0)) }
        symbols = SymbolTable(functions: builtins.map(\.name))
    }

    subscript(symbol: SymbolTable.Symbol) -> FunctionValue? {
        let index = symbol - SymbolTable.reserved.count
        return index >= 0 && index < functions.count ? functions[index] : nil
    }

    static func table(for dialect: JSONataDialect) -> FunctionTable {
        switch dialect {
        case .standard: standard
        case .statesLanguage: statesLanguage
        }
    }

    private static let common =
        Builtin.strings + Builtin.matching + Builtin.encoding + Builtin.numbers + Builtin.arrays + Builtin.objects
        + Builtin.logic + Builtin.higherOrder + Builtin.dateTime

    private static let standard = FunctionTable(common + Builtin.standardOnly)
    private static let statesLanguage = FunctionTable(common + Builtin.statesLanguageOnly)
}

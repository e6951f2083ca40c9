/// The variables of one block or call. Two fit in the frame itself, as few blocks have more.
final class Frame {
    typealias Symbol = SymbolTable.Symbol

    private(set) var parent: Frame?
    private var first: (symbol: Symbol, value: Value) = (-1, .undefined)
    private var second: (symbol: Symbol, value: Value) = (-1, .undefined)
    private var more: [(symbol: Symbol, value: Value)] = []
    /// Known to the evaluator, which empties it at the end.
    var isRegistered = false

    init(parent: Frame?) { self.parent = parent }

    init(parent: Frame?, tuple: Tuple) {
        self.parent = parent
        for (symbol, value) in tuple.bindings { bind(symbol, value) }
    }

    func bind(_ symbol: Symbol, _ value: Value) {
        if first.symbol == symbol || first.symbol < 0 {
            first = (symbol, value)
        } else if second.symbol == symbol || second.symbol < 0 {
            second = (symbol, value)
        } else if let index = more.firstIndex(where: { $0.symbol == symbol }) {
            more[index].value = value
        } else {
            more.append((symbol, value))
        }
    }

    /// The value of the nearest binding, which may be undefined; nil when there is none.
    func lookup(_ symbol: Symbol) -> Value? {
        var frame = self
        while true {
            if frame.first.symbol == symbol { return frame.first.value }
            if frame.first.symbol >= 0 {
                if frame.second.symbol == symbol { return frame.second.value }
                if !frame.more.isEmpty, let found = frame.more.first(where: { $0.symbol == symbol }) {
                    return found.value
                }
            }
            guard let parent = frame.parent else { return nil }
            frame = parent
        }
    }

    /// Lets go of all it holds, once evaluation is over.
    func release() {
        first = (-1, .undefined)
        second = (-1, .undefined)
        more = []
        parent = nil
    }
}

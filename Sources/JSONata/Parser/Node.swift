import RegularExpressions

/// One node of an expression's tree.
///
/// The parser makes nodes in the order of the text; `TreeProcessor` then turns chains of dots into paths and attaches
/// predicates, so that the evaluator meets only the kinds above `dot`.
final class Node: @unchecked Sendable {
    // Sendable: nothing changes a node once `JSONataExpression.init` has returned, or `$eval` has parsed its text.
    typealias Symbol = SymbolTable.Symbol

    enum Kind {
        case literal(Value)
        case name(String)
        case variable(Symbol)
        case wildcard
        case descendants
        case parent(AncestorSlot)
        case regex(RegularExpression)
        case path([Node])
        case binary(BinaryOperator, Node, Node)
        case negation(Node)
        case array([Node])
        case object(Grouping)
        case call(Node, [Node])
        /// A call with some arguments left open (nil).
        case partial(Node, [Node?])
        case lambda(LambdaDefinition)
        case condition(Node, Node, Node?)
        /// `a ?: b`: `a` if it is true.
        case fallback(Node, Node)
        /// `a ?? b`: `a` if it exists.
        case coalescing(Node, Node)
        case transform(pattern: Node, update: Node, delete: Node?)
        case block([Node])
        case binding(Symbol, Node)
        case application(Node, Node)
        case sort([SortTerm])

        // What the parser makes and the processor replaces.
        case dot(Node, Node)
        case filter(Node, Node)
        case grouped(Node, [(Node, Node)])
        case ordered(Node, [SortTerm])
        case focused(Node, Node)
        case indexed(Node, Node)
        case objectLiteral([(Node, Node)])
        /// `and`, `or` or `in` where a name could stand.
        case keyword(String)
        case placeholder
        case end
    }

    /// What happens to a step's result before the next step.
    enum Stage {
        case filter(Node)
        case index(Symbol)
    }

    var kind: Kind
    let position: Int
    /// Levels of nodes below, this one included.
    let depth: Int

    /// Followed by `[]`: a single value stays an array.
    var keepsArray = false
    /// Of a path: some step is followed by `[]`.
    var keepsSingletonArray = false
    /// Of an array constructor at either end of a path: its result is one value, not a sequence to flatten.
    var isArrayConstructor = false
    /// Takes part in a stream of tuples, which carry variables and ancestors along a path.
    var isTuple = false
    var predicates: [Node] = []
    var stages: [Stage] = []
    var group: Grouping?
    var focus: Symbol?
    var index: Symbol?
    var ancestor: AncestorSlot?
    /// Ancestors asked for by `%` further in and not found yet.
    var sought: [AncestorSlot] = []

    init(_ kind: Kind, position: Int, depth: Int = 1) {
        self.kind = kind
        self.position = position
        self.depth = depth
    }
}

/// The pairs between braces.
struct Grouping {
    let pairs: [(key: Node, value: Node)]
    let position: Int
}

struct SortTerm {
    let expression: Node
    let isDescending: Bool
}

final class LambdaDefinition {
    let parameters: [SymbolTable.Symbol]
    let signature: Signature?
    var body: Node

    init(parameters: [SymbolTable.Symbol], signature: Signature?, body: Node) {
        self.parameters = parameters
        self.signature = signature
        self.body = body
    }
}

/// What a `%` refers to: the value so many steps up, kept in tuples under a label of its own.
final class AncestorSlot {
    var label: SymbolTable.Symbol
    var level = 1
    init(label: SymbolTable.Symbol) { self.label = label }
}

enum BinaryOperator: String {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case concatenate = "&"
    case and
    case or
    case contained = "in"
    case range = ".."
}

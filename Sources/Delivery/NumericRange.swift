import JSON

/// The numbers that a `numeric` matcher takes.
struct NumericRange: Sendable, Hashable {
    /// EventBridge's own limit, each way.
    static let largestMagnitude = 5e9

    private struct Bound: Sendable, Hashable {
        let value: Double
        let isIncluded: Bool
    }

    private var lower: Bound?
    private var upper: Bound?

    /// Reads `["=", 5]`, `[">", 0]` or `[">=", 0, "<", 10]`.
    init(_ json: JSONValue, path: [String]) throws(DeliveryError) {
        func invalid(_ detail: String) -> DeliveryError {
            DeliveryError(code: .invalidNumber, path: path, detail: detail)
        }
        guard let elements = json.arrayValue, elements.count == 2 || elements.count == 4 else {
            throw invalid("numeric takes an operator and a number, or a lower and an upper bound")
        }
        for index in stride(from: 0, to: elements.count, by: 2) {
            guard let sign = elements[index].stringValue, let number = elements[index + 1].doubleValue else {
                throw invalid("element \(index) must be an operator in quotes and element \(index + 1) a number")
            }
            guard number.magnitude <= NumericRange.largestMagnitude else {
                throw invalid("numbers go from -5e9 to 5e9")
            }
            switch sign {
            case "=" where elements.count == 2:
                lower = Bound(value: number, isIncluded: true)
                upper = lower
            case ">" where lower == nil && upper == nil, ">=" where lower == nil && upper == nil:
                lower = Bound(value: number, isIncluded: sign == ">=")
            case "<" where upper == nil, "<=" where upper == nil:
                upper = Bound(value: number, isIncluded: sign == "<=")
            default: throw invalid("the operator \(index / 2 + 1) must be = alone, or > or >= and then < or <=")
            }
        }
        if elements.count == 4 {
            guard let lower, let upper else { throw invalid("two bounds must be a lower and then an upper one") }
            guard lower.value < upper.value else { throw invalid("the lower bound must be less than the upper one") }
        }
    }

    func contains(_ value: Double) -> Bool {
        if let lower, lower.isIncluded ? value < lower.value : value <= lower.value { return false }
        if let upper, upper.isIncluded ? value > upper.value : value >= upper.value { return false }
        return true
    }
}

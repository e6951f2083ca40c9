/// One row of the table: what was measured, how often, and how it spreads.
struct Measurement {
    let name: String
    let unit: String
    /// What the project aims at, in the same unit, with the side on which it lies: `≤ 50`.
    let aim: String
    let samples: [Double]

    static let header =
        "measure".padded(52) + "runs".padded(6) + "median".padded(12) + "p99".padded(12) + "min–max".padded(22) + "aim"

    var line: String {
        let sorted = samples.sorted()
        guard let first = sorted.first, let last = sorted.last else { return name.padded(52) + "0     not measured" }
        func rank(_ fraction: Double) -> Double { sorted[min(sorted.count - 1, Int(Double(sorted.count) * fraction))] }
        return name.padded(52) + String(sorted.count).padded(6) + "\(short(rank(0.5))) \(unit)".padded(12)
            + "\(short(rank(0.99))) \(unit)".padded(12) + "\(short(first))–\(short(last))".padded(22) + "\(aim) \(unit)"
    }

    private func short(_ value: Double) -> String {
        if value >= 1_000 { return String(Int(value.rounded())) }
        return String((value * 10).rounded() / 10)
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}

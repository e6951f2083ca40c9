/// Finds the name that somebody may have meant.
enum Suggestion {
    /// The nearest of `candidates` when it is near enough to be a slip: a third of its letters, at least one.
    static func nearest(to name: String, in candidates: [String]) -> String? {
        let ranked = candidates.map { (distance: distance(name, $0), name: $0) }.sorted { $0 < $1 }
        guard let best = ranked.first, best.distance <= max(1, best.name.count / 3) else {
            return candidates.sorted().first { !name.isEmpty && $0.hasPrefix(name) }
        }
        return best.name
    }

    /// `; did you mean 'X'?`, or nothing.
    static func hint(for name: String, in candidates: [String], prefix: String = "") -> String {
        nearest(to: name, in: candidates).map { "; did you mean '\(prefix)\($0)'?" } ?? ""
    }

    /// The edit distance that counts a swap of neighbours as one (optimal string alignment).
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left), right = Array(right)
        var rows = [Array(0...right.count)]
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(
                    rows[row][column] + (letter == other ? 0 : 1), rows[row][column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, rows[row - 1][column - 1] + 1)
                }
                current.append(cost)
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}

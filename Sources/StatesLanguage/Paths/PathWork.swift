import JSON

/// What evaluating one path may take. Counts and no times, so that a path fails on every machine or on none.
struct PathWork {
    /// Values looked at: about a second's work. A path of names looks at as many as it has names; each `..` at all that
    /// a value holds, for all that the one before found.
    static let maximumSteps = 4_000_000
    /// Steps for a search by a pattern that was given up.
    static let givenUpSearchSteps = 100_000

    private var left = PathWork.maximumSteps

    /// - Throws: ``JSONPathError`` once there were too many.
    mutating func spend(_ count: Int = 1) throws(JSONPathError) {
        left -= count
        if left < 0 { throw JSONPathError(description: "it looks at more than \(PathWork.maximumSteps) values") }
    }
}

/// Looks for bytes in linear time, whatever they are (Knuth, Morris, Pratt).
enum ByteSearch {
    /// Where `wanted` begins in `bytes` at `start` or later; `start` itself for no bytes.
    static func firstIndex(of wanted: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard !wanted.isEmpty else { return start }
        guard bytes.count - start >= wanted.count else { return nil }
        // How much of what matched can still be the beginning of a match when the next byte differs.
        var fallback = [Int](repeating: 0, count: wanted.count)
        var length = 0
        var index = 1
        while index < wanted.count {
            if wanted[index] == wanted[length] {
                length += 1
                fallback[index] = length
                index += 1
            } else if length > 0 {
                length = fallback[length - 1]
            } else {
                index += 1
            }
        }
        var matched = 0
        var place = start
        while place < bytes.count {
            if bytes[place] == wanted[matched] {
                matched += 1
                place += 1
                if matched == wanted.count { return place - matched }
            } else if matched > 0 {
                matched = fallback[matched - 1]
            } else {
                place += 1
            }
        }
        return nil
    }
}

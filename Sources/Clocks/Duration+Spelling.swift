extension Duration {
    /// Reads a length of time: numbers with a unit (`90s`, `5m`, `2h`, `1d`, `1d12h`, `250ms`) or ISO 8601 (`PT90S`,
    /// `P1DT2H30M`, `P2W`), where the seconds may have a fraction.
    ///
    /// Nil when the text is neither, or longer than a hundred years. A day has 24 hours; months and years have no fixed length
    /// and are not taken.
    ///
    /// No initializer: Swift 6.3 looks one up among the overlays of the C library, too, and then takes `timespec` in
    /// ``SystemClock`` for theirs, which `Glibc` does not show when the module is compiled as a whole.
    public static func spelled(_ text: some StringProtocol) -> Duration? {
        var rest = Substring(text)
        let isISO = rest.first == "P"
        let units: [(String, Int64)] =
            isISO
            ? [("W", 604_800_000_000), ("D", 86_400_000_000)]
            : [("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000)]
        let timeUnits: [(String, Int64)] = [("H", 3_600_000_000), ("M", 60_000_000), ("S", 1_000_000)]
        if isISO { rest.removeFirst() }
        var isTime = false
        var total: Int64 = 0
        var count = 0
        var lastUnit = Int64.max
        while !rest.isEmpty {
            if isISO, !isTime, rest.first == "T" {
                isTime = true
                rest.removeFirst()
                guard !rest.isEmpty else { return nil }
            }
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest.removeFirst(digits.count)
            guard let number = Int64(digits) else { return nil }
            var fraction: Substring?
            if isISO, isTime, rest.first == "." {
                rest.removeFirst()
                fraction = rest.prefix { $0.isASCII && $0.isNumber }
                rest.removeFirst(fraction?.count ?? 0)
            }
            let word = isISO ? rest.prefix(1) : rest.prefix { $0.isLetter }
            rest.removeFirst(word.count)
            // Each unit once, the longest first: otherwise a slip such as 1m30h would pass.
            guard let unit = (isTime ? timeUnits : units).first(where: { $0.0 == word })?.1, unit < lastUnit else {
                return nil
            }
            lastUnit = unit
            guard number <= Duration.longestMicroseconds / unit else { return nil }
            total += number * unit
            if let fraction {
                guard unit == 1_000_000, !fraction.isEmpty,
                    let part = Int64(String((fraction + "000000").prefix(6)))
                else { return nil }
                total += part
            }
            count += 1
            guard total <= Duration.longestMicroseconds else { return nil }
        }
        guard count > 0 else { return nil }
        return .microseconds(total)
    }

    /// A hundred years of 365 days.
    private static var longestMicroseconds: Int64 { 3_153_600_000_000_000 }
}

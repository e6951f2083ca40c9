/// One half of a number's picture: for positive numbers or for negative ones.
struct NumberSubpicture {
    private(set) var prefix: String
    let suffix: String
    private let scale: Double
    private let hasDecimalSeparator: Bool
    private let integerGroups: [Int]
    private let regularGroup: Int
    private let fractionGroups: [Int]
    private var minimumInteger: Int
    private let scalingFactor: Int
    private var minimumFraction: Int
    private var maximumFraction: Int
    private let minimumExponent: Int

    init(_ picture: [Character], _ symbols: DecimalSymbols) throws(JSONataError) {
        func isEdge(_ character: Character) -> Bool {
            symbols.isActive(character) && character != symbols.exponentSeparator
        }
        let start = picture.firstIndex(where: isEdge) ?? picture.count
        let end = max(start, picture.lastIndex(where: isEdge).map { $0 + 1 } ?? start)
        prefix = String(picture[..<start])
        suffix = String(picture[end...])
        let active = picture[start..<end]
        let exponentMark = active.firstIndex(of: symbols.exponentSeparator)
        let mantissa = active[..<(exponentMark ?? end)]
        let exponent = exponentMark.map { active[($0 + 1)...] }
        let point = mantissa.firstIndex(of: symbols.decimalSeparator)
        let integer = mantissa[..<(point ?? mantissa.endIndex)]
        let fraction = point.map { mantissa[($0 + 1)...] } ?? []

        try NumberSubpicture.check(picture, active, mantissa, exponent, symbols)
        try NumberSubpicture.checkSeparators(picture, integer, fraction, point, symbols)

        func isPlace(_ character: Character) -> Bool { symbols.isDigit(character) || character == symbols.digit }
        func groups(_ part: ArraySlice<Character>, countsLeft: Bool) -> [Int] {
            part.indices.filter { part[$0] == symbols.groupingSeparator }.map { place in
                (countsLeft ? part[..<place] : part[place...]).count(where: isPlace)
            }
        }
        scale = picture.contains(symbols.percent) ? 100 : picture.contains(symbols.perMille) ? 1_000 : 1
        hasDecimalSeparator = picture.contains(symbols.decimalSeparator)
        integerGroups = groups(integer, countsLeft: false)
        regularGroup = IntegerPicture.regularGroup(integerGroups)
        fractionGroups = groups(fraction, countsLeft: true)
        minimumInteger = integer.count(where: symbols.isDigit)
        scalingFactor = minimumInteger
        minimumFraction = fraction.count(where: symbols.isDigit)
        maximumFraction = fraction.count(where: isPlace)
        minimumExponent = exponent?.count(where: symbols.isDigit) ?? 0
        if minimumInteger == 0, maximumFraction == 0 {
            if exponent != nil { (minimumFraction, maximumFraction) = (1, 1) } else { minimumInteger = 1 }
        }
        if exponent != nil, minimumInteger == 0, integer.contains(symbols.digit) { minimumInteger = 1 }
        if minimumInteger == 0, minimumFraction == 0 { minimumFraction = 1 }
    }

    private static func check(
        _ picture: [Character], _ active: ArraySlice<Character>, _ mantissa: ArraySlice<Character>,
        _ exponent: ArraySlice<Character>?, _ symbols: DecimalSymbols
    ) throws(JSONataError) {
        func count(_ character: Character) -> Int { picture.count { $0 == character } }
        if count(symbols.decimalSeparator) > 1 { throw JSONataError("D3081") }
        if count(symbols.percent) > 1 { throw JSONataError("D3082") }
        if count(symbols.perMille) > 1 { throw JSONataError("D3083") }
        let isScaled = count(symbols.percent) + count(symbols.perMille) > 0
        if count(symbols.percent) > 0, count(symbols.perMille) > 0 { throw JSONataError("D3084") }
        if !mantissa.contains(where: { symbols.isDigit($0) || $0 == symbols.digit }) { throw JSONataError("D3085") }
        if !active.allSatisfy(symbols.isActive) { throw JSONataError("D3086") }
        guard let exponent else { return }
        if !exponent.isEmpty, isScaled { throw JSONataError("D3092") }
        if exponent.isEmpty || !exponent.allSatisfy(symbols.isDigit) { throw JSONataError("D3093") }
    }

    private static func checkSeparators(
        _ picture: [Character], _ integer: ArraySlice<Character>, _ fraction: ArraySlice<Character>, _ point: Int?,
        _ symbols: DecimalSymbols
    ) throws(JSONataError) {
        let separator = symbols.groupingSeparator
        if point != nil {
            if integer.last == separator || fraction.first == separator { throw JSONataError("D3087") }
        } else if integer.last == separator {
            throw JSONataError("D3088")
        }
        for (one, other) in zip(picture, picture.dropFirst()) where one == separator && other == separator {
            throw JSONataError("D3089")
        }
        if let optional = integer.firstIndex(of: symbols.digit), integer[..<optional].contains(where: symbols.isDigit) {
            throw JSONataError("D3090")
        }
        if let optional = fraction.lastIndex(of: symbols.digit), fraction[optional...].contains(where: symbols.isDigit)
        {
            throw JSONataError("D3091")
        }
    }

    /// The same with `text` in front.
    func prefixed(_ text: String) -> NumberSubpicture {
        var copy = self
        copy.prefix = text + prefix
        return copy
    }

    func format(_ value: Double, _ symbols: DecimalSymbols) -> String {
        var mantissa = value.magnitude * scale
        var exponent = 0
        if minimumExponent > 0, mantissa > 0 {
            let most = NumberText.power(10, Double(scalingFactor))
            let least = NumberText.power(10, Double(scalingFactor - 1))
            while mantissa < least {
                mantissa *= 10
                exponent -= 1
            }
            while mantissa > most {
                mantissa /= 10
                exponent += 1
            }
        }
        let text = NumberText.fixed(NumberText.rounded(mantissa, places: maximumFraction), digits: maximumFraction)
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        var integer = Array(parts[0].drop { $0 == "0" })
        var fraction = parts.count > 1 ? Array(parts[1]) : []
        while fraction.last == "0" { fraction.removeLast() }
        integer = Array(repeating: "0", count: max(0, minimumInteger - integer.count)) + integer
        fraction += Array(repeating: "0", count: max(0, minimumFraction - fraction.count))
        return assembled(group(integer, symbols), group(fraction: fraction, symbols), exponent, symbols)
    }

    private func group(_ digits: [Character], _ symbols: DecimalSymbols) -> String {
        var result = Array(symbols.localized(String(digits)))
        let count = result.count
        let places =
            regularGroup > 0 ? Array(stride(from: regularGroup, to: count, by: regularGroup)) : integerGroups.sorted()
        for place in places where place < count { result.insert(symbols.groupingSeparator, at: count - place) }
        return String(result)
    }

    private func group(fraction digits: [Character], _ symbols: DecimalSymbols) -> String {
        var result = Array(symbols.localized(String(digits)))
        let count = result.count
        for place in fractionGroups.sorted(by: >) where place < count {
            result.insert(symbols.groupingSeparator, at: place)
        }
        return String(result)
    }

    private func assembled(
        _ integer: String, _ fraction: String, _ exponent: Int, _ symbols: DecimalSymbols
    ) -> String {
        var text = prefix + integer
        if hasDecimalSeparator, !fraction.isEmpty { text += String(symbols.decimalSeparator) + fraction }
        if minimumExponent > 0 {
            let digits = String(exponent.magnitude)
            let padded = String(repeating: "0", count: max(0, minimumExponent - digits.count)) + digits
            text += String(symbols.exponentSeparator) + (exponent < 0 ? symbols.minusSign : "")
            text += symbols.localized(padded)
        }
        return text + suffix
    }
}

/// The characters of a number's picture and of its result (XPath functions 3.1, section 4.7.1).
struct DecimalSymbols {
    var decimalSeparator: Character = "."
    var groupingSeparator: Character = ","
    var exponentSeparator: Character = "e"
    var infinity = "Infinity"
    var minusSign = "-"
    var notANumber = "NaN"
    var percent: Character = "%"
    var perMille: Character = "\u{2030}"
    var zeroDigit: Character = "0"
    var digit: Character = "#"
    var patternSeparator: Character = ";"

    init() {}

    /// Takes what an object of options sets.
    init(_ options: Value) {
        guard case .object(let object) = options else { return }
        func character(_ name: String, _ path: WritableKeyPath<DecimalSymbols, Character>) {
            if let text = object[name].string, let first = text.first { self[keyPath: path] = first }
        }
        character("decimal-separator", \.decimalSeparator)
        character("grouping-separator", \.groupingSeparator)
        character("exponent-separator", \.exponentSeparator)
        character("percent", \.percent)
        character("per-mille", \.perMille)
        character("zero-digit", \.zeroDigit)
        character("digit", \.digit)
        character("pattern-separator", \.patternSeparator)
        if let text = object["infinity"].string { infinity = text }
        if let text = object["minus-sign"].string { minusSign = text }
        if let text = object["NaN"].string { notANumber = text }
    }

    /// Whether a character is one of the ten digits that begin with the zero.
    func isDigit(_ character: Character) -> Bool {
        guard let zero = zeroDigit.unicodeScalars.first, let own = character.unicodeScalars.first,
            character.unicodeScalars.count == 1
        else { return false }
        return own.value >= zero.value && own.value - zero.value < 10
    }

    func isActive(_ character: Character) -> Bool {
        isDigit(character) || character == decimalSeparator || character == exponentSeparator
            || character == groupingSeparator || character == digit || character == patternSeparator
    }

    /// ASCII digits in the digits of the zero.
    func localized(_ text: String) -> String {
        guard zeroDigit != "0", let zero = zeroDigit.unicodeScalars.first?.value else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isDigit = (0x30...0x39).contains(scalar.value)
            result.append(isDigit ? Unicode.Scalar(scalar.value - 0x30 + zero) ?? scalar : scalar)
        }
        return String(result)
    }
}

/// How a number is written (XPath functions 3.1, section 4.7: fn:format-number).
struct NumberPicture {
    private let symbols: DecimalSymbols
    private let positive: NumberSubpicture
    private let negative: NumberSubpicture

    /// Reads a picture such as `#,##0.00;(#,##0.00)`.
    ///
    /// - Throws: D3080 to D3093 for what the specification forbids.
    init(_ picture: String, _ symbols: DecimalSymbols) throws(JSONataError) {
        self.symbols = symbols
        let parts = picture.split(separator: symbols.patternSeparator, omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw JSONataError("D3080") }
        positive = try NumberSubpicture(Array(parts[0]), symbols)
        if parts.count == 2 {
            negative = try NumberSubpicture(Array(parts[1]), symbols)
        } else {
            negative = positive.prefixed(symbols.minusSign)
        }
    }

    func format(_ value: Double) -> String {
        let part = value < 0 ? negative : positive
        if value.isNaN { return part.prefix + symbols.notANumber + part.suffix }
        if value.isInfinite { return part.prefix + symbols.infinity + part.suffix }
        return part.format(value, symbols)
    }
}

enum RomanNumerals {
    private static let values: [(Int, String)] = [
        (1_000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
        (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
    ]

    /// Lower-case numerals; none for 0.
    static func text(_ value: Int) -> String {
        var rest = value
        var text = ""
        for (number, letters) in values {
            text += String(repeating: letters, count: rest / number)
            rest %= number
        }
        return text
    }

    /// The value of upper-case numerals: from the right, a letter smaller than the largest so far is taken away. NaN if
    /// there is any other letter.
    static func value(_ text: String) -> Double {
        var (value, largest) = (0.0, 1.0)
        for letter in text.reversed() {
            let digit: Double
            switch letter {
            case "M": digit = 1_000
            case "D": digit = 500
            case "C": digit = 100
            case "L": digit = 50
            case "X": digit = 10
            case "V": digit = 5
            case "I": digit = 1
            default: return .nan
            }
            if digit < largest {
                value -= digit
            } else {
                largest = digit
                value += digit
            }
        }
        return value
    }
}

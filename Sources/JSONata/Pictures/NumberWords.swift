/// Numbers in English words.
enum NumberWords {
    private static let few = [
        "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
        "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
    ]
    private static let ordinals = [
        "Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth",
        "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth",
        "Nineteenth",
    ]
    private static let decades = [
        "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety", "Hundred",
    ]
    private static let magnitudes = ["Thousand", "Million", "Billion", "Trillion"]

    /// Words such as `One Hundred and Twenty-Third`.
    static func text(_ value: Double, isOrdinal: Bool) -> String { words(value, isContinued: false, isOrdinal) }

    private static func words(_ value: Double, isContinued: Bool, _ isOrdinal: Bool) -> String {
        switch value {
        case ..<20:
            let words = isOrdinal ? ordinals : few
            return (isContinued ? " and " : "") + words[Int(value)]
        case ..<100:
            let (tens, rest) = (Int(value) / 10, Int(value) % 10)
            var text = (isContinued ? " and " : "") + decades[tens - 2]
            if rest > 0 {
                text += "-" + words(Double(rest), isContinued: false, isOrdinal)
            } else if isOrdinal {
                text = text.dropLast() + "ieth"
            }
            return text
        case ..<1_000:
            let (hundreds, rest) = (Int(value) / 100, Int(value) % 100)
            let text = (isContinued ? ", " : "") + few[hundreds] + " Hundred"
            return text + tail(Double(rest), isOrdinal)
        default:
            var magnitude = 1
            var factor = 1_000.0
            while magnitude < magnitudes.count, value >= factor * 1_000 {
                magnitude += 1
                factor *= 1_000
            }
            let count = (value / factor).rounded(.down)
            let text = (isContinued ? ", " : "") + words(count, isContinued: false, false)
            return text + " " + magnitudes[magnitude - 1] + tail(value - count * factor, isOrdinal)
        }
    }

    private static func tail(_ rest: Double, _ isOrdinal: Bool) -> String {
        rest > 0 ? words(rest, isContinued: true, isOrdinal) : isOrdinal ? "th" : ""
    }

    private static let values: [String: Double] = {
        var values: [String: Double] = [:]
        for (index, word) in few.enumerated() { values[word.lowercased()] = Double(index) }
        for (index, word) in ordinals.enumerated() { values[word.lowercased()] = Double(index) }
        for (index, word) in decades.enumerated() {
            let word = word.lowercased()
            values[word] = Double(index + 2) * 10
            values[word.dropLast() + "ieth"] = Double(index + 2) * 10
        }
        values["hundredth"] = 100
        var factor = 1_000.0
        for word in magnitudes {
            values[word.lowercased()] = factor
            values[word.lowercased() + "th"] = factor
            factor *= 1_000
        }
        return values
    }()

    /// Every word known, for the pattern that a date's words are found by.
    static var vocabulary: [String] { values.keys.sorted { ($1.count, $0) < ($0.count, $1) } }

    /// The value of lower-case words; NaN if any is unknown.
    static func value(_ text: String) -> Double {
        var segments = [0.0]
        for word in text.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "-" }) where word != "and" {
            guard let value = values[String(word)] else { return .nan }
            let last = segments.removeLast()
            if value >= 100 {
                segments.append(last * value)
            } else if last >= 1_000 {
                segments += [last, value]
            } else {
                segments.append(last + value)
            }
        }
        return segments.reduce(0, +)
    }
}

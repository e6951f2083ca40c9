import JSON

/// How a date and time is written (XPath functions 3.1, section 9.8.4).
struct DateTimePicture: Sendable {
    enum NameCase: Sendable { case lower, upper, title }

    struct Marker: Sendable {
        let component: Character
        var names: NameCase?
        var integer: IntegerPicture?
        var minimumWidth: Int?
        var maximumWidth: Int?
        /// Digits of a year that are written; nil for all.
        var yearDigits: Int?
        /// `t`: a zone of zero is written as Z.
        var isTraditional = false
    }

    enum Part: Sendable {
        case literal(String)
        case marker(Marker)
    }

    private(set) var parts: [Part] = []

    private static let integers = Set("YMDdFWwXxHhmsf")
    private static let defaults: [Character: String] = [
        "Y": "1", "M": "1", "D": "1", "d": "1", "F": "n", "W": "1", "w": "1", "X": "1", "x": "1", "H": "1", "h": "1",
        "P": "n", "m": "01", "s": "01", "f": "1", "Z": "01:01", "z": "01:01", "C": "n", "E": "n",
    ]

    /// `YYYY-MM-DDTHH:MM:SS.fffZ`.
    static let iso8601: DateTimePicture = {
        guard let picture = try? DateTimePicture("[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]") else {
            preconditionFailure("the picture is valid")
        }
        return picture
    }()

    /// Reads a picture such as `[D1o] [MNn] [Y]`.
    ///
    /// - Throws: D3132 for an unknown component, D3135 for a bracket never closed, D3131 as integers' pictures do.
    init(_ picture: String) throws(JSONataError) {
        let letters = Array(picture)
        var literal = ""
        var position = 0
        while position < letters.count {
            let letter = letters[position]
            position += 1
            guard letter == "[" else {
                literal.append(letter)
                if letter == "]", position < letters.count, letters[position] == "]" { position += 1 }
                continue
            }
            if position < letters.count, letters[position] == "[" {
                literal.append("[")
                position += 1
                continue
            }
            guard let end = letters[position...].firstIndex(of: "]") else { throw JSONataError("D3135") }
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = ""
            try append(letters[position..<end].filter { !$0.isWhitespace })
            position = end + 1
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
    }

    private mutating func append(_ letters: [Character]) throws(JSONataError) {
        guard let component = letters.first else { throw JSONataError("D3132", value: .string("")) }
        var marker = Marker(component: component)
        var modifier = letters.dropFirst()
        if let comma = letters.lastIndex(of: ",") {
            modifier = letters[min(1, comma)..<comma]
            let width = letters[(comma + 1)...].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            marker.minimumWidth = width.first.flatMap { Int(String($0)) }
            marker.maximumWidth = width.count > 1 ? Int(String(width[1])) : nil
        }
        var isOrdinal = false
        if modifier.count > 1, let last = modifier.last, "atco".contains(last) {
            modifier = modifier.dropLast()
            isOrdinal = last == "o"
            marker.isTraditional = last == "t"
        }
        let presentation = modifier.isEmpty ? DateTimePicture.defaults[component] : String(modifier)
        guard let presentation, DateTimePicture.defaults[component] != nil else {
            throw JSONataError("D3132", value: .string(String(component)))
        }
        if presentation.first == "n" {
            marker.names = .lower
        } else if presentation.first == "N" {
            marker.names = presentation.dropFirst().first == "n" ? .title : .upper
        } else if DateTimePicture.integers.contains(component) {
            var integer = try IntegerPicture(isOrdinal ? presentation + ";o" : presentation)
            if let width = marker.minimumWidth {
                integer.mandatoryDigits = max(integer.mandatoryDigits, min(width, 100))
            }
            if component == "Y" {
                if let width = marker.maximumWidth {
                    marker.yearDigits = width
                    integer.mandatoryDigits = max(0, min(width, 100))
                } else if integer.mandatoryDigits + integer.optionalDigits >= 2 {
                    marker.yearDigits = integer.mandatoryDigits + integer.optionalDigits
                }
            }
            // Of two numbers that touch, the first has to have a known width to be read back.
            if case .marker(var previous)? = parts.last, let digits = previous.integer?.mandatoryDigits {
                previous.integer?.parseWidth = digits
                parts[parts.count - 1] = .marker(previous)
            }
            marker.integer = integer
        } else if component == "Z" || component == "z" {
            marker.integer = try IntegerPicture(presentation)
        }
        parts.append(.marker(marker))
    }
}

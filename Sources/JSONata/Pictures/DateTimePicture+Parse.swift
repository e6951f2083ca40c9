import Clocks
import JSON
import RegularExpressions

extension DateTimePicture {
    /// Reads a moment written by the picture; nil if the text does not fit it.
    ///
    /// What the picture leaves out is now's if it is larger than all that is given, and the least there is if smaller.
    ///
    /// - Throws: D3136 if something in between is left out, or the date is by weeks.
    func parse(_ text: String, now: Timestamp) throws(JSONataError) -> Double? {
        var pattern = "^"
        for part in parts { pattern += "(" + (try self.pattern(part)) + ")" }
        let match: RegularExpression.Match?
        let subject = RegularExpression.Subject(text)
        do throws(RegularExpressionError) {
            match = try RegularExpression(pattern + "$", ignoresCase: true).firstMatch(in: subject, limit: 100_000)
        } catch {
            return nil
        }
        guard let match else { return nil }
        var fields: [Character: Double] = [:]
        for (part, range) in zip(parts, match.groups) {
            guard case .marker(let marker) = part, let range else { continue }
            if let value = try value(of: marker, subject[range]) { fields[marker.component] = value }
        }
        if fields.isEmpty { return nil }
        var components = DateTimeFields(fields)
        return try components.milliseconds(now: now)
    }

    /// A pattern without groups that capture.
    private func pattern(_ part: Part) throws(JSONataError) -> String {
        switch part {
        case .literal(let text):
            return text.map { ".*+?^${}()|[]\\/".contains($0) ? "\\\($0)" : String($0) }.joined()
        case .marker(let marker):
            guard let integer = marker.integer else {
                guard "MxFP".contains(marker.component) else {
                    throw JSONataError("D3133", value: .string(String(marker.component)))
                }
                return "[a-zA-Z]+"
            }
            guard marker.component != "Z", marker.component != "z" else { return zonePattern(marker, integer) }
            let suffix = integer.isOrdinal ? "(?:th|st|nd|rd)" : ""
            switch integer.style {
            case .digits:
                let width = integer.parseWidth.map { "{\($0)}" } ?? "+"
                return integer.zero == 0x30
                    ? "[0-9]\(width)\(suffix)" : "[\(digits(from: integer.zero))]\(width)\(suffix)"
            case .letters(let letterCase): return letterCase == .upper ? "[A-Z]+" : "[a-z]+"
            case .roman: return "[MDCLXVI]+"
            case .words: return "(?:" + (NumberWords.vocabulary + ["and", "[\\-, ]"]).joined(separator: "|") + ")+"
            case .sequence(let token): throw JSONataError("D3130", value: .string(token))
            }
        }
    }

    private func digits(from zero: UInt32) -> String {
        [zero, zero + 9].compactMap { Unicode.Scalar($0).map { String($0) } }.joined(separator: "-")
    }

    private func zonePattern(_ marker: Marker, _ integer: IntegerPicture) -> String {
        var pattern = "[-+][0-9]+"
        if let separator = integer.separators.first {
            pattern += "(?:\\\(separator.character)[0-9]+)"
        } else if integer.mandatoryDigits <= 2 {
            pattern += "(?::[0-9]+)?"
        }
        if marker.component == "z" { pattern = "GMT" + pattern }
        return marker.isTraditional ? "(?:\(pattern)|Z)" : pattern
    }

    private func value(of marker: Marker, _ text: String) throws(JSONataError) -> Double? {
        switch marker.component {
        case "Z", "z": return zoneMinutes(text)
        case "P": return text.lowercased() == "pm" ? 1 : text.lowercased() == "am" ? 0 : nil
        default: break
        }
        if let integer = marker.integer {
            var digits = text
            // A fraction of a second: what follows its milliseconds is dropped, what is missing of them is zero.
            if marker.component == "f", case .digits = integer.style {
                digits = String(text.prefix(3))
                while digits.unicodeScalars.count < 3, let zero = Unicode.Scalar(integer.zero) {
                    digits.unicodeScalars.append(zero)
                }
            }
            let value = try integer.parse(digits)
            return value.isNaN ? nil : value
        }
        let names = marker.component == "F" ? CalendarFields.weekdays : CalendarFields.months
        let wanted = text.lowercased()
        return names.firstIndex { name in
            (marker.maximumWidth.map { String(name.prefix(max(0, $0))) } ?? name).lowercased() == wanted
        }.map { Double($0 + 1) }
    }

    private func zoneMinutes(_ text: String) -> Double {
        guard let sign = text.firstIndex(where: { $0 == "+" || $0 == "-" }) else { return 0 }
        let body = text[text.index(after: sign)...]
        var (hours, minutes): (Substring, Substring) = (body, "")
        if let mark = body.firstIndex(where: { !$0.isASCII || !$0.isNumber }) {
            (hours, minutes) = (body[..<mark], body[body.index(after: mark)...])
        } else if body.count > 2 {
            (hours, minutes) = (body.prefix(2), body.dropFirst(2))
        }
        let total = (Double(hours) ?? 0) * 60 + (Double(minutes) ?? 0)
        return text[sign] == "-" ? -total : total
    }
}

/// The components read from a text, and the moment they make.
private struct DateTimeFields {
    private var fields: [Character: Double]

    init(_ fields: [Character: Double]) { self.fields = fields }

    /// Whether some of `wanted` are given and none of the others in `all`; a zero counts as not given.
    private func isOnly(_ wanted: String, of all: String) -> Bool {
        let given = all.filter { fields[$0].map { $0 != 0 } ?? false }
        return !given.isEmpty && given.allSatisfy { wanted.contains($0) }
    }

    mutating func milliseconds(now: Timestamp) throws(JSONataError) -> Double? {
        let isDate = isOnly("YMD", of: "YXMxWwdD")
        let isOrdinalDate = !isDate && isOnly("Yd", of: "YXMxWwdD")
        let isMonthWeek = isOnly("Xxw", of: "YXMxWwdD")
        let isYearWeek = !isMonthWeek && isOnly("XW", of: "YXMxWwdD")
        let isFullDay = isOnly("Hmsf", of: "PHhmsf")
        let isHalfDay = !isFullDay && isOnly("Phmsf", of: "PHhmsf")
        let date = isOrdinalDate ? "Yd" : isMonthWeek ? "XxwF" : isYearWeek ? "XWF" : "YMD"
        try fill(date + (isHalfDay ? "Phmsf" : "Hmsf"), now)
        if isMonthWeek || isYearWeek { throw JSONataError("D3136") }
        var days: Double
        guard let year = whole(fields["Y"] ?? 0) else { return nil }
        if isOrdinalDate {
            days = Double(Timestamp.daysSinceEpoch(year: year, month: 1, day: 1)) + (fields["d"] ?? 1) - 1
        } else {
            guard let month = whole((fields["M"] ?? 1) - 1) else { return nil }
            // Months beyond December belong to later years, as in ECMAScript.
            let shifted = year + (month >= 0 ? month / 12 : -1)
            days = Double(Timestamp.daysSinceEpoch(year: shifted, month: max(0, month) % 12 + 1, day: 1))
            days += (fields["D"] ?? 1) - 1
        }
        var hours = fields["H"] ?? 0
        if isHalfDay {
            hours = fields["h"] == 12 ? 0 : fields["h"] ?? 0
            if fields["P"] == 1 { hours += 12 }
        }
        let minutes = hours * 60 + (fields["m"] ?? 0) - (fields["Z"] ?? fields["z"] ?? 0)
        let result = days * 86_400_000 + minutes * 60_000 + (fields["s"] ?? 0) * 1_000 + (fields["f"] ?? 0)
        return result.magnitude <= CalendarFields.maximumMilliseconds ? result : nil
    }

    /// The number if a calendar can hold it.
    private func whole(_ value: Double) -> Int? { value.magnitude <= 1e6 ? Int(value) : nil }

    private mutating func fill(_ components: String, _ now: Timestamp) throws(JSONataError) {
        let current = CalendarFields(milliseconds: Double(now.millisecondsSinceEpoch))
        var (hasStarted, hasEnded) = (false, false)
        for component in components {
            if fields[component] != nil {
                hasStarted = true
                if hasEnded { throw JSONataError("D3136") }
            } else if hasStarted {
                fields[component] = "MDd".contains(component) ? 1 : 0
                hasEnded = true
            } else {
                fields[component] = Double(current?.number(component) ?? 0)
            }
        }
    }
}

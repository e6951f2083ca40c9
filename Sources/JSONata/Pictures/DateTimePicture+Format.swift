import JSON

extension DateTimePicture {
    /// Writes a moment in the zone so many minutes east of UTC.
    ///
    /// - Throws: D3133 for names of what has none, D3134 for a zone of more than four digits, D4005 for a moment beyond
    ///   what ECMAScript's dates reach.
    func format(_ milliseconds: Double, offsetMinutes: Int = 0) throws(JSONataError) -> String {
        guard let fields = CalendarFields(milliseconds: milliseconds + Double(offsetMinutes) * 60_000) else {
            throw JSONataError("D4005", value: .double(milliseconds))
        }
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .marker(let marker): text += try format(marker, fields, offsetMinutes)
            }
        }
        return text
    }

    private func format(
        _ marker: Marker, _ fields: CalendarFields, _ offsetMinutes: Int
    ) throws(JSONataError) -> String {
        switch marker.component {
        case "Z", "z": return try zone(marker, offsetMinutes)
        case "P":
            let text = fields.number("P") == 1 ? "pm" : "am"
            return marker.names == .upper ? text.uppercased() : text
        case "C", "E": return "ISO"
        default: break
        }
        guard var number = fields.number(marker.component) else { return "" }
        if let names = marker.names { return try name(number, marker, names) }
        if marker.component == "Y", let digits = marker.yearDigits, digits < 10 {
            var modulus = 1
            for _ in 0..<max(0, digits) { modulus *= 10 }
            number %= modulus
        }
        return try marker.integer?.format(Double(number)) ?? ""
    }

    private func name(_ number: Int, _ marker: Marker, _ names: NameCase) throws(JSONataError) -> String {
        var name: String
        switch marker.component {
        case "M", "x": name = CalendarFields.months[number - 1]
        case "F": name = CalendarFields.weekdays[number - 1]
        default: throw JSONataError("D3133", value: .string(String(marker.component)))
        }
        switch names {
        case .lower: name = name.lowercased()
        case .upper: name = name.uppercased()
        case .title: break
        }
        if let width = marker.maximumWidth { name = String(name.prefix(max(0, width))) }
        return name
    }

    private func zone(_ marker: Marker, _ offsetMinutes: Int) throws(JSONataError) -> String {
        if offsetMinutes == 0, marker.isTraditional { return "Z" }
        guard let picture = marker.integer else { return "" }
        let (hours, minutes) = (abs(offsetMinutes) / 60, abs(offsetMinutes) % 60)
        let combined = Double(hours * 100 + minutes)
        var text: String
        if picture.regularGroup > 0 {
            text = try picture.format(combined)
        } else {
            switch picture.mandatoryDigits {
            case 1, 2:
                text = try picture.format(Double(hours))
                if minutes != 0 { text += ":" + (minutes < 10 ? "0" : "") + String(minutes) }
            case 3, 4: text = try picture.format(combined)
            default: throw JSONataError("D3134", value: .int(picture.mandatoryDigits))
            }
        }
        text = (offsetMinutes < 0 ? "-" : "+") + text
        return marker.component == "z" ? "GMT" + text : text
    }
}

/// Values out of a field's bytes, without making a string.
package enum FieldParser {
    /// The integer that `field` spells: an optional sign, then decimal digits and nothing else.
    ///
    /// - Returns: Nil for anything else, among them an empty field, spaces, and what 64 bits can't hold.
    package static func int64(_ field: Span<UInt8>) -> Int64? {
        var index = 0
        let end = field.count
        guard end > 0 else { return nil }
        let isNegative = field[0] == UInt8(ascii: "-")
        if isNegative || field[0] == UInt8(ascii: "+") { index = 1 }
        guard index < end else { return nil }

        // 18 digits can't overflow, so only a longer spelling pays for the checks.
        var value: Int64 = 0
        let uncheckedEnd = min(end, index + 18)
        while index < uncheckedEnd {
            let digit = field[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int64(digit)
            index += 1
        }
        if index == end { return isNegative ? -value : value }

        // Counted downwards, as the smallest value has no positive counterpart.
        value = -value
        while index < end {
            let digit = field[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, productOverflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflows) = product.subtractingReportingOverflow(Int64(digit))
            guard !productOverflows, !sumOverflows else { return nil }
            value = sum
            index += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// The time that `field` spells in UTC, in microseconds since 1970-01-01 00:00:00.
    ///
    /// The form is `YYYY-MM-DD HH:MM:SS`; `T` may stand for the space, and 1 to 9 decimals and a `Z` may follow.
    /// Decimals after the sixth are cut off. Years run from 0001 to 9999 in the Gregorian calendar.
    ///
    /// - Returns: Nil for anything else, among them days that don't exist, hour 24 and leap seconds.
    package static func timestampMicroseconds(_ field: Span<UInt8>) -> Int64? {
        let end = field.count
        guard end >= 19,
            field[4] == UInt8(ascii: "-"), field[7] == UInt8(ascii: "-"),
            field[10] == UInt8(ascii: " ") || field[10] == UInt8(ascii: "T"),
            field[13] == UInt8(ascii: ":"), field[16] == UInt8(ascii: ":"),
            let century = twoDigits(field, at: 0), let yearOfCentury = twoDigits(field, at: 2),
            let month = twoDigits(field, at: 5), let day = twoDigits(field, at: 8),
            let hour = twoDigits(field, at: 11), let minute = twoDigits(field, at: 14),
            let second = twoDigits(field, at: 17),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let year = century * 100 + yearOfCentury
        guard year > 0, 1...12 ~= month, day > 0, day <= dayCount(ofMonth: month, year: year) else { return nil }

        var index = 19
        var fraction = 0
        if index < end, field[index] == UInt8(ascii: ".") {
            index += 1
            let first = index
            var unit = 100_000
            while index < end, index - first < 9, field[index] &- UInt8(ascii: "0") < 10 {
                fraction += Int(field[index] &- UInt8(ascii: "0")) * unit
                unit /= 10
                index += 1
            }
            guard index > first else { return nil }
        }
        if index < end, field[index] == UInt8(ascii: "Z") { index += 1 }
        guard index == end else { return nil }

        let days = daysSinceEpoch(year: year, month: month, day: day)
        let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
        return Int64(seconds * 1_000_000 + fraction)
    }

    private static func twoDigits(_ field: Span<UInt8>, at index: Int) -> Int? {
        let tens = field[index] &- UInt8(ascii: "0")
        let ones = field[index + 1] &- UInt8(ascii: "0")
        guard tens < 10, ones < 10 else { return nil }
        return Int(tens) * 10 + Int(ones)
    }

    static func dayCount(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Counts in years that begin in March, so that the leap day is a year's last.
    static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let marchMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
        // 719,468 days lie between 0000-03-01 and 1970-01-01.
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
    }
}

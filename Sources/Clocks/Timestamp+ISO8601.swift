extension Timestamp {
    /// `2024-06-25T10:00:00.123Z`: milliseconds, rounded down, as AWS's events spell times.
    public var iso8601: String { spelled(fractionDigits: 3) }

    /// The moment as `YYYY-MM-DDTHH:MM:SS[.fraction]Z` with so many digits of fraction (0 to 6), rounded down.
    public func spelled(fractionDigits: Int) -> String {
        let parts = calendarParts
        var text = "\(dateSpelling)T\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))"
        if fractionDigits > 0 {
            let digits = String(parts.microsecond + 1_000_000).dropFirst()
            text += "." + digits.prefix(fractionDigits)
        }
        return text + "Z"
    }

    /// `YYYY-MM-DD` of the moment's day in UTC.
    public var dateSpelling: String {
        let parts = calendarParts
        let year = String(parts.year)
        let padded = String(repeating: "0", count: max(0, 4 - year.count)) + year
        return "\(padded)-\(two(parts.month))-\(two(parts.day))"
    }

    private func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }

    /// Year, month, day and time of day in UTC in the proleptic Gregorian calendar.
    public var calendarParts: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, microsecond: Int) {
        let days = microsecondsSinceEpoch.flooredQuotient(by: 86_400_000_000)
        let rest = Int(microsecondsSinceEpoch - days * 86_400_000_000)
        let (year, month, day) = Timestamp.civilDate(daysSinceEpoch: Int(days))
        let seconds = rest / 1_000_000
        return (year, month, day, seconds / 3_600, seconds / 60 % 60, seconds % 60, rest % 1_000_000)
    }

    /// Day of the week in UTC, 0 for Sunday.
    public var weekday: Int {
        let days = microsecondsSinceEpoch.flooredQuotient(by: 86_400_000_000)
        return Int(((days + 4) % 7 + 7) % 7)
    }

    /// Reads a date and time as RFC 3339 has it: `2024-06-25T10:00:00Z`, with a fraction or an offset `+02:00` if wanted.
    ///
    /// A blank or a lower-case `t` between date and time and a lower-case `z` are accepted; a missing zone is not.
    /// Digits of the fraction beyond microseconds are dropped. Nil when the text is none of that or names a day or time
    /// that does not exist.
    public init?(iso8601 text: some StringProtocol) {
        var reader = DigitReader(Array(text.utf8))
        guard let year = reader.number(digits: 4), reader.take("-"), let month = reader.number(digits: 2),
            reader.take("-"),
            let day = reader.number(digits: 2), reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.number(digits: 2), reader.take(":"), let minute = reader.number(digits: 2),
            reader.take(":"),
            let second = reader.number(digits: 2)
        else { return nil }
        var microsecond = 0
        if reader.take(".") {
            guard let fraction = reader.microsecondFraction() else { return nil }
            microsecond = fraction
        }
        var offsetSeconds = 0
        if !(reader.take("Z") || reader.take("z")) {
            let isNegative = reader.take("-")
            guard isNegative || reader.take("+"), let hours = reader.number(digits: 2), reader.take(":"),
                let minutes = reader.number(digits: 2), hours < 24, minutes < 60
            else { return nil }
            offsetSeconds = (hours * 3_600 + minutes * 60) * (isNegative ? -1 : 1)
        }
        guard reader.isAtEnd,
            let time = Timestamp(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second, microsecond: microsecond
            )
        else { return nil }
        self = time - .seconds(offsetSeconds)
    }

    /// The moment with these parts in UTC, or nil when the calendar has no such day or the day no such time.
    public init?(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0
    ) {
        guard (0...9999).contains(year), (1...12).contains(month),
            (1...Timestamp.days(inMonth: month, of: year)).contains(day),
            (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second),
            (0..<1_000_000).contains(microsecond)
        else { return nil }
        let days = Timestamp.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
        self.init(microsecondsSinceEpoch: Int64(seconds) * 1_000_000 + Int64(microsecond))
    }

    public static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is a year's last (Howard Hinnant, "chrono-Compatible
    /// Low-Level Date Algorithms", days_from_civil).
    public static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The inverse of ``daysSinceEpoch(year:month:day:)``.
    public static func civilDate(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Timestamp: CustomStringConvertible {
    public var description: String { iso8601 }
}

/// Takes fixed-width numbers and single characters off the front of a text.
private struct DigitReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    mutating func number(digits: Int) -> Int? {
        guard bytes.count - offset >= digits else { return nil }
        var value = 0
        for byte in bytes[offset..<(offset + digits)] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        offset += digits
        return value
    }

    /// At least one digit; those beyond the sixth are dropped.
    mutating func microsecondFraction() -> Int? {
        var value = 0
        var count = 0
        while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) {
            if count < 6 { value = value * 10 + Int(bytes[offset] - 0x30) }
            count += 1
            offset += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }
}

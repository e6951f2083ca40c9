import Clocks

/// The parts of a moment that pictures name, in the Gregorian and the ISO week calendar.
struct CalendarFields {
    let year: Int
    let month: Int
    let day: Int
    let millisecondOfDay: Int
    private let days: Int

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    /// Milliseconds either side of the epoch that ECMAScript's dates reach.
    static let maximumMilliseconds = 8.64e15

    /// The fields of a moment in UTC; nil beyond what ECMAScript's dates reach.
    init?(milliseconds: Double) {
        guard milliseconds.magnitude <= CalendarFields.maximumMilliseconds else { return nil }
        let whole = Int(milliseconds.rounded(.down))
        let rest = ((whole % 86_400_000) + 86_400_000) % 86_400_000
        days = (whole - rest) / 86_400_000
        millisecondOfDay = rest
        (year, month, day) = Timestamp.civilDate(daysSinceEpoch: days)
    }

    /// The number of a component; nil for those that are none.
    func number(_ component: Character) -> Int? {
        switch component {
        case "Y": year
        case "M": month
        case "D": day
        case "d": days - Timestamp.daysSinceEpoch(year: year, month: 1, day: 1) + 1
        case "F": weekday
        case "W": weekOfYear
        case "w": weekOfMonth
        case "X": weekYear
        case "x": weekMonth
        case "H": millisecondOfDay / 3_600_000
        case "h": millisecondOfDay / 3_600_000 % 12 == 0 ? 12 : millisecondOfDay / 3_600_000 % 12
        case "P": millisecondOfDay / 43_200_000
        case "m": millisecondOfDay / 60_000 % 60
        case "s": millisecondOfDay / 1_000 % 60
        case "f": millisecondOfDay % 1_000
        default: nil
        }
    }

    /// 1 for Monday to 7 for Sunday.
    private var weekday: Int { ((days + 3) % 7 + 7) % 7 + 1 }

    /// The Monday of the week that holds the first Thursday of a month; for January of the ISO year's first week.
    private static func firstMonday(_ year: Int, _ month: Int) -> Int {
        let (year, month) = month > 12 ? (year + 1, 1) : month < 1 ? (year - 1, 12) : (year, month)
        let first = Timestamp.daysSinceEpoch(year: year, month: month, day: 1)
        let weekday = ((first + 3) % 7 + 7) % 7 + 1
        return weekday > 4 ? first + 8 - weekday : first - (weekday - 1)
    }

    private var weekOfYear: Int {
        if days >= CalendarFields.firstMonday(year + 1, 1) { return 1 }
        let start = CalendarFields.firstMonday(year, 1)
        return (days - (days < start ? CalendarFields.firstMonday(year - 1, 1) : start)) / 7 + 1
    }

    private var weekOfMonth: Int {
        if days >= CalendarFields.firstMonday(year, month + 1) { return 1 }
        let start = CalendarFields.firstMonday(year, month)
        return (days - (days < start ? CalendarFields.firstMonday(year, month - 1) : start)) / 7 + 1
    }

    private var weekYear: Int {
        if days < CalendarFields.firstMonday(year, 1) { return year - 1 }
        return days >= CalendarFields.firstMonday(year + 1, 1) ? year + 1 : year
    }

    private var weekMonth: Int {
        if days < CalendarFields.firstMonday(year, month) { return month == 1 ? 12 : month - 1 }
        if days >= CalendarFields.firstMonday(year, month + 1) { return month == 12 ? 1 : month + 1 }
        return month
    }
}

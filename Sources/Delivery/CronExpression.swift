import Clocks

/// The six fields of EventBridge's cron: minutes, hours, day of month, month, day of week, year.
///
/// "Cron expressions reference" of EventBridge: `,` `-` `*` `/` everywhere; `?` for whichever of the two day fields
/// does not decide; `L` (last), `W` (the weekday nearest to a day of the month) and `#` (the n-th weekday of the
/// month). Days of the week are 1 to 7 from Sunday.
struct CronExpression: Sendable, Hashable {
    private static let years = 1970...2199
    private static let monthNames = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]
    private static let weekdayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

    /// How the day is chosen.
    private enum Days: Sendable, Hashable {
        /// Days of the month.
        case ofMonth(Set<Int>)
        /// The month's last day, so many days before it.
        case last(before: Int)
        /// The weekday nearest to this day of the month, in the same month.
        case nearestWeekday(Int)
        /// The last Monday to Friday of the month.
        case lastWeekday
        /// Days of the week, 1 for Sunday.
        case ofWeek(Set<Int>)
        /// The month's last such day of the week.
        case lastOfWeek(Int)
        /// The month's n-th such day of the week.
        case nthOfWeek(Int, nth: Int)
    }

    private let minutes: [Int]
    private let hours: [Int]
    private let months: Set<Int>
    private let yearValues: [Int]
    private let days: Days

    init(_ text: String) throws(DeliveryError) {
        let fields = text.split(separator: " ").map(String.init)
        guard fields.count == 6 else {
            throw DeliveryError(
                code: .invalidCron,
                detail: "cron takes six fields (minutes, hours, day of month, month, day of week, year); here are "
                    + "\(fields.count)")
        }
        minutes = try CronExpression.values(fields[0], 0...59, "minutes").sorted()
        hours = try CronExpression.values(fields[1], 0...23, "hours").sorted()
        months = try CronExpression.values(fields[3], 1...12, "month", names: CronExpression.monthNames)
        yearValues = try CronExpression.values(fields[5], CronExpression.years, "year").sorted()
        guard (fields[2] == "?") != (fields[4] == "?") else {
            throw DeliveryError(
                code: .invalidCron, detail: "one of day of month and day of week, and only one, must be ?")
        }
        days = fields[4] == "?" ? try CronExpression.ofMonth(fields[2]) : try CronExpression.ofWeek(fields[4])
    }

    /// The first whole minute later than `time` that fits, or nil when there is none up to the year 2199.
    ///
    /// - Complexity: A step for each month up to the one that fits; at most 2,760.
    func next(after time: Timestamp) -> Timestamp? {
        let now = time.calendarParts
        for year in yearValues where year >= now.year {
            for month in 1...12 where months.contains(month) && (year, month) >= (now.year, now.month) {
                for day in matchingDays(year: year, month: month)
                where (year, month, day) >= (now.year, now.month, now.day) {
                    for hour in hours {
                        for minute in minutes {
                            guard
                                let candidate = Timestamp(
                                    year: year, month: month, day: day, hour: hour, minute: minute)
                            else { continue }
                            if candidate > time { return candidate }
                        }
                    }
                }
            }
        }
        return nil
    }

    private func matchingDays(year: Int, month: Int) -> [Int] {
        let count = Timestamp.days(inMonth: month, of: year)
        /// 1 for Sunday.
        func weekday(_ day: Int) -> Int {
            let days = Timestamp.daysSinceEpoch(year: year, month: month, day: day)
            return ((days + 4) % 7 + 7) % 7 + 1
        }
        switch days {
        case .ofMonth(let days): return days.filter { $0 <= count }.sorted()
        case .last(let before): return count - before >= 1 ? [count - before] : []
        case .nearestWeekday(let day):
            guard day <= count else { return [] }
            switch weekday(day) {
            case 7: return [day > 1 ? day - 1 : day + 2]
            case 1: return [day < count ? day + 1 : day - 2]
            default: return [day]
            }
        case .lastWeekday: return [(1...count).last { (2...6).contains(weekday($0)) } ?? count]
        case .ofWeek(let weekdays): return (1...count).filter { weekdays.contains(weekday($0)) }
        case .lastOfWeek(let wanted): return (1...count).last { weekday($0) == wanted }.map { [$0] } ?? []
        case .nthOfWeek(let wanted, let nth):
            let all = (1...count).filter { weekday($0) == wanted }
            return nth <= all.count ? [all[nth - 1]] : []
        }
    }

    private static func ofMonth(_ text: String) throws(DeliveryError) -> Days {
        if text == "L" { return .last(before: 0) }
        if text == "LW" { return .lastWeekday }
        if text.hasPrefix("L-"), let before = number(text.dropFirst(2), in: 0...30) { return .last(before: before) }
        if text.hasSuffix("W"), let day = number(text.dropLast(), in: 1...31) { return .nearestWeekday(day) }
        return .ofMonth(try values(text, 1...31, "day of month"))
    }

    private static func ofWeek(_ text: String) throws(DeliveryError) -> Days {
        if text == "L" { return .ofWeek([7]) }
        if text.hasSuffix("L"), let day = number(text.dropLast(), in: 1...7, names: weekdayNames) {
            return .lastOfWeek(day)
        }
        let parts = text.split(separator: "#", omittingEmptySubsequences: false)
        if parts.count == 2, let day = number(parts[0], in: 1...7, names: weekdayNames),
            let nth = number(parts[1], in: 1...5)
        {
            return .nthOfWeek(day, nth: nth)
        }
        return .ofWeek(try values(text, 1...7, "day of week", names: weekdayNames))
    }

    /// The values of a list of numbers, ranges and steps.
    private static func values(
        _ text: String, _ range: ClosedRange<Int>, _ field: String, names: [String] = []
    ) throws(DeliveryError) -> Set<Int> {
        func invalid(_ detail: String) -> DeliveryError {
            DeliveryError(code: .invalidCron, detail: "\(field) \"\(text)\": \(detail)")
        }
        var result: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            guard pieces.count <= 2 else { throw invalid("more than one /") }
            let isStepped = pieces.count == 2
            guard let step = isStepped ? number(pieces[1], in: 1...range.upperBound) : 1 else {
                throw invalid("a step is a number from 1")
            }
            var bounds = range
            if pieces[0] != "*" {
                let ends = pieces[0].split(separator: "-", omittingEmptySubsequences: false)
                guard ends.count <= 2, let first = number(ends[0], in: range, names: names) else {
                    throw invalid("values go from \(range.lowerBound) to \(range.upperBound)")
                }
                if ends.count == 2 {
                    guard let last = number(ends[1], in: range, names: names), last >= first else {
                        throw invalid("a range goes from a value to a later one, up to \(range.upperBound)")
                    }
                    bounds = first...last
                } else {
                    bounds = first...(isStepped ? range.upperBound : first)
                }
            }
            result.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
        }
        return result
    }

    private static func number(
        _ text: some StringProtocol, in range: ClosedRange<Int>, names: [String] = []
    ) -> Int? {
        if let index = names.firstIndex(of: text.uppercased()) { return index + 1 }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text),
            range.contains(value)
        else { return nil }
        return value
    }
}

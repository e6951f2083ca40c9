import Clocks
import JSON

extension Builtin {
    static let dateTime: [Builtin] = [
        Builtin("now", "<s?s?:s>", arity: 2) { (call) throws(JSONataError) in
            try format(Double(call.evaluator.now.millisecondsSinceEpoch), call.string(0), call.string(1), call)
        },
        Builtin("millis", "<:n>", arity: 0) { (call) throws(JSONataError) in
            .number(Double(call.evaluator.now.millisecondsSinceEpoch))
        },
        Builtin("fromMillis", "<n-s?s?:s>", arity: 3) { (call) throws(JSONataError) in
            guard let milliseconds = call.number(0) else { return .undefined }
            return try format(milliseconds, call.string(1), call.string(2), call)
        },
        Builtin("toMillis", "<s-s?:n>", arity: 2) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            if let picture = call.string(1) {
                try call.evaluator.charge(steps: 200)
                let result = try DateTimePicture(picture).parse(text, now: call.evaluator.now)
                return result.map(Value.number) ?? .undefined
            }
            guard let result = ISODateTime.milliseconds(text) else {
                throw JSONataError("D3110", value: .string(text))
            }
            return .number(result)
        },
    ]

    private static func format(
        _ milliseconds: Double, _ picture: String?, _ zone: String?, _ call: Call
    ) throws(JSONataError) -> Value {
        // A zone is written as hours times 100 and minutes: +0530.
        let number = zone.map(IntegerPicture.leadingInteger) ?? 0
        guard number.magnitude < 10_000 else { throw JSONataError("D4005", value: zone.map(JSONValue.string)) }
        let offset = Int(number) / 100 * 60 + Int(number) % 100
        let picture = try picture.map { (text) throws(JSONataError) in try DateTimePicture(text) }
        let text = try (picture ?? DateTimePicture.iso8601).format(milliseconds, offsetMinutes: offset)
        return try call.evaluator.makeString(text)
    }
}

/// Dates and times in ISO 8601 as the reference implementation takes them: parts may be missing from the end.
enum ISODateTime {
    static func milliseconds(_ text: String) -> Double? {
        var rest = Array(text.utf8)[...]
        func take(_ count: Int) -> Int? {
            guard rest.count >= count, rest.prefix(count).allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = take(4) else { return nil }
        var (month, day, time) = (1, 1, 0.0)
        if skip("-") {
            guard let number = take(2) else { return nil }
            month = number
            if skip("-") {
                guard let number = take(2) else { return nil }
                day = number
            }
        }
        if skip("T") {
            guard let hour = take(2), skip(":"), let minute = take(2), skip(":"), let second = take(2),
                hour <= 24, minute < 60, second < 60, hour < 24 || minute + second == 0
            else { return nil }
            time = Double(hour * 3_600 + minute * 60 + second) * 1_000
            if skip(".") {
                let digits = rest.prefix { (0x30...0x39).contains($0) }
                guard !digits.isEmpty else { return nil }
                rest = rest.dropFirst(digits.count)
                // Digits beyond milliseconds are dropped.
                let padded = Array(digits.prefix(3)) + Array(repeating: 0x30, count: max(0, 3 - digits.count))
                time += padded.reduce(0) { $0 * 10 + Double($1 - 0x30) }
            }
        }
        if !skip("Z"), let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            rest = rest.dropFirst()
            guard let hours = take(2) else { return nil }
            _ = skip(":")
            guard let minutes = take(2), hours < 24, minutes < 60 else { return nil }
            time -= Double(hours * 60 + minutes) * 60_000 * (sign == UInt8(ascii: "-") ? -1 : 1)
        }
        guard rest.isEmpty, (1...12).contains(month), (1...Timestamp.days(inMonth: month, of: year)).contains(day)
        else { return nil }
        return Double(Timestamp.daysSinceEpoch(year: year, month: month, day: day)) * 86_400_000 + time
    }
}

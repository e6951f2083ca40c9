import JSON

/// One element of `Retry`.
package struct Retrier: Sendable, Hashable {
    package let errors: [String]
    package let intervalSeconds: Int
    package let maximumAttempts: Int
    package let backoffRate: Double
    package let maximumDelaySeconds: Int?
    package let hasFullJitter: Bool

    /// The delay before the retry that follows `retries` earlier ones.
    ///
    /// - Parameter fraction: From 0 up to 1, for the jitter.
    func delaySeconds(after retries: Int, fraction: Double) -> Double {
        var delay = Double(intervalSeconds)
        for _ in 0..<min(retries, 10_000) where delay < Double(WaitState.maximumSeconds) { delay *= backoffRate }
        delay = min(delay, Double(maximumDelaySeconds ?? WaitState.maximumSeconds))
        return hasFullJitter ? delay * fraction : delay
    }

    static func readAll(_ fields: FieldReader) -> [Retrier] {
        read("Retry", fields) { fields in
            let jitter = fields.string("JitterStrategy")
            if let jitter, !["FULL", "NONE"].contains(jitter) {
                fields.report("JitterStrategy", "must be FULL or NONE")
            }
            let interval = fields.integer("IntervalSeconds", in: 1...99_999_999) ?? 1
            let maximumDelay = fields.integer("MaxDelaySeconds", in: 1...31_622_400)
            if let maximumDelay, maximumDelay <= interval {
                fields.report("MaxDelaySeconds", "must be greater than IntervalSeconds")
            }
            return Retrier(
                errors: errors(fields), intervalSeconds: interval,
                maximumAttempts: fields.integer("MaxAttempts", in: 0...99_999_999) ?? 3,
                backoffRate: fields.number("BackoffRate", atLeast: 1) ?? 2, maximumDelaySeconds: maximumDelay,
                hasFullJitter: jitter == "FULL")
        }
    }

    static func errors(_ fields: FieldReader) -> [String] {
        guard let value = fields.value("ErrorEquals") else {
            fields.require("ErrorEquals")
            return []
        }
        let names = value.arrayValue?.compactMap(\.stringValue) ?? []
        guard !names.isEmpty, names.count == value.arrayValue?.count else {
            fields.report("ErrorEquals", "must be a list of error names")
            return []
        }
        if names.contains("States.ALL"), names.count > 1 {
            fields.report("ErrorEquals", "has States.ALL, which stands alone")
        }
        return names
    }

    /// Reads the elements of `Retry` or `Catch`, of which one for States.ALL must be the last.
    static func read<Element>(_ field: String, _ fields: FieldReader, _ body: (FieldReader) -> Element?) -> [Element] {
        guard let value = fields.value(field) else { return [] }
        guard let elements = value.arrayValue else {
            fields.report(field, "must be a list")
            return []
        }
        return elements.enumerated().compactMap { index, element in
            guard let inner = fields.inner(element, [field, String(index)]) else { return nil }
            let read = body(inner)
            inner.finish(field == "Retry" ? "a retrier" : "a catcher")
            let isForAll = element["ErrorEquals"]?.arrayValue?.contains("States.ALL") == true
            if isForAll, index < elements.count - 1 {
                inner.report("ErrorEquals", "with States.ALL must be the last of \(field)")
            }
            return read
        }
    }
}

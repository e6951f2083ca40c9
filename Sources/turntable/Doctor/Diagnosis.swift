import JSON

/// What one check of `turntable doctor` found.
struct Diagnosis: Sendable {
    enum Status: String, Sendable {
        case pass, warning, failure
    }

    let check: String
    let status: Status
    let detail: String
    /// What to do; nil when there is nothing to do.
    let advice: String?

    static func pass(_ check: String, _ detail: String) -> Diagnosis {
        Diagnosis(check: check, status: .pass, detail: detail, advice: nil)
    }
    static func warning(_ check: String, _ detail: String, advice: String) -> Diagnosis {
        Diagnosis(check: check, status: .warning, detail: detail, advice: advice)
    }
    static func failure(_ check: String, _ detail: String, advice: String) -> Diagnosis {
        Diagnosis(check: check, status: .failure, detail: detail, advice: advice)
    }

    var json: JSONLine {
        JSONLine([
            ("check", .string(check)), ("status", .string(status.rawValue)), ("detail", .string(detail)),
            ("advice", advice.map { .string($0) } ?? .null),
        ])
    }

    /// `pass     disk   4.2 GB free`, with the advice on a line of its own.
    var text: String {
        let line = "\(status.rawValue.padded(to: 8)) \(check.padded(to: 16)) \(detail)"
        return line + (advice.map { "\n\("".padded(to: 26))→ \($0)" } ?? "")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

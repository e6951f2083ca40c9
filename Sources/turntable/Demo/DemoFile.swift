/// One file that the demonstration drops, and what should become of it.
struct DemoFile: Sendable {
    enum Expectation: Sendable, Equatable {
        /// Its rows are counted and it is in `archive/`.
        case archived
        /// It is in `quarantine/` beside its report.
        case quarantined
        /// The execution succeeds and changes nothing: the same content was counted before.
        case alreadyProcessed
    }

    /// Below `streams/`.
    let name: String
    let bytes: [UInt8]
    let expectation: Expectation
    /// What is special about it, for the progress shown; empty for an ordinary file.
    let remark: String

    /// `broken` in the way of a file whose producer left out a column: no `listen_time`.
    static func withoutListenTime(_ bytes: [UInt8], name: String) -> DemoFile {
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).dropLast().joined(separator: ",")
        }
        return DemoFile(
            name: name, bytes: Array((lines.joined(separator: "\n") + "\n").utf8), expectation: .quarantined,
            remark: "a column is missing")
    }

    /// The same rows and a handful that nobody can read: they are set aside, the others count.
    static func withBadRows(_ bytes: [UInt8], name: String) -> DemoFile {
        let bad = [
            "not-a-number,track,2024-06-25 10:00:00", "7,track,2024-02-30 10:00:00", "7,track",
            "99999999999999999999,track,2024-06-25 10:00:00", "7,,2024-06-25 10:00:00",
        ]
        return DemoFile(
            name: name, bytes: bytes + Array((bad.joined(separator: "\n") + "\n").utf8), expectation: .archived,
            remark: "\(bad.count) bad rows")
    }
}

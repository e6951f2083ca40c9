import JSON
import StatesLanguage

/// Coverage on the terminal and as JSON lines.
enum CoverageText {
    /// Characters of a point's name that a row shows.
    private static let nameLimit = 90

    static func table(_ report: CoverageReport) -> String {
        let rows = report.lines.map { line in
            let name = line.item.name
            return [
                line.isReached ? "\(line.count)" : "-", line.item.path,
                name.count > nameLimit ? name.prefix(nameLimit) + "…" : name,
            ]
        }
        let table = TextTable(rows, header: ["TIMES", "STATE", "POINT"], rightAligned: [0]).text
        let errors = report.counts.errors.sorted { $0.key < $1.key }.map { state, names in
            [state] + [names.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")]
        }
        let seen = errors.isEmpty ? "" : "\nErrors that came up:\n" + TextTable(errors, indent: 2).text
        return "\(report.machine)\n\n\(table)\(seen)\n\(summary(report))\n\n"
    }

    static func summary(_ report: CoverageReport) -> String {
        "\(report.machine): \(report.reachedCount) of \(report.lines.count) points, "
            + "\(CoverageReport.text(report.percentage)) %, in \(report.counts.executionCount) execution"
            + (report.counts.executionCount == 1 ? "" : "s")
    }

    static func lines(_ report: CoverageReport, _ coverage: MachineCoverage) -> [JSONLine] {
        var lines: [JSONLine] = []
        for line in report.lines {
            let members = line.item.json.map { ($0.key, $0.value) }
            lines.append(
                JSONLine(
                    [("kind", "point"), ("state_machine", .string(report.machine))] + members
                        + [("count", .int(line.count))]))
        }
        let errors = report.counts.errors.sorted { $0.key < $1.key }.map { state, names in
            let counts = names.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.int($0.value)) }
            return (state, JSONValue.object(JSONObject(counts)))
        }
        lines.append(
            JSONLine([
                ("kind", "machine"), ("state_machine", .string(report.machine)), ("arn", .string(coverage.arn)),
                ("points", .int(report.lines.count)), ("reached", .int(report.reachedCount)),
                ("percent", .double(report.percentage)), ("executions", .int(report.counts.executionCount)),
                ("other_definitions", .int(coverage.otherVersionCount)), ("events", .int(report.counts.eventCount)),
                ("errors", .object(JSONObject(errors))),
            ]))
        return lines
    }

    static func table(_ proposals: CaseProposals, _ map: CoverageMap) -> String {
        let names = Dictionary(uniqueKeysWithValues: map.items.map { ($0.point, "\($0.path): \($0.name)") })
        func cut(_ text: String) -> String { text.count > nameLimit ? text.prefix(nameLimit) + "…" : text }
        var text = ""
        if !proposals.cases.isEmpty {
            let rows = proposals.cases.map { [$0.name, cut(names[$0.target] ?? "")] }
            text += "Proposed cases, each run and found to reach its point:\n\n"
            text += TextTable(rows, header: ["CASE", "REACHES"]).text + "\n"
        }
        if !proposals.gaps.isEmpty {
            let rows = proposals.gaps.map { [cut("\($0.item.path): \($0.item.name)"), $0.reason] }
            text += "No case was found for:\n\n" + TextTable(rows, header: ["POINT", "WHY"]).text + "\n"
        }
        return text
    }

    static func lines(_ proposals: CaseProposals, _ map: CoverageMap) -> [JSONLine] {
        let items = Dictionary(uniqueKeysWithValues: map.items.map { ($0.point, $0) })
        func members(_ item: CoverageMap.Item?) -> [(String, JSONValue)] { item?.json.map { ($0.key, $0.value) } ?? [] }
        let cases = proposals.cases.map { proposed in
            JSONLine(
                [("kind", "case"), ("state_machine", .string(proposals.machine)), ("case", .string(proposed.name))]
                    + members(items[proposed.target]) + [("input", proposed.input)])
        }
        let gaps = proposals.gaps.map { gap in
            JSONLine(
                [("kind", "gap"), ("state_machine", .string(proposals.machine))] + members(gap.item)
                    + [("reason", .string(gap.reason))])
        }
        return cases + gaps
    }

    /// What the numbers do not say of themselves.
    static func remarks(_ coverage: MachineCoverage) -> [String] {
        var remarks: [String] = []
        func add(_ count: Int, _ text: String) { if count > 0 { remarks.append("\(coverage.name): \(count) \(text)") } }
        let counts = coverage.counts
        add(
            coverage.otherVersionCount,
            "of the executions ran another definition: what the present one still has was counted")
        add(coverage.unknownVersionCount, "executions ran a definition that is not kept or can't be read: not counted")
        add(coverage.unreplayedCount, "executions can't be replayed: what their distributed Maps did is not counted")
        add(counts.malformedEventCount, "events have no type or id: not counted")
        for (state, count) in counts.unknownStates.sorted(by: { $0.key < $1.key }) {
            add(count, "events are of a state '\(state)', which the definition does not have")
        }
        for (state, count) in counts.undetermined.sorted(by: { $0.key < $1.key }) {
            add(count, "times the history does not tell which way '\(state)' was left: not counted")
        }
        return remarks
    }
}

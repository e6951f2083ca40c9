package import JSON

/// What was reached of a definition's points, for people and for programs.
package struct CoverageReport: Sendable {
    package struct Line: Sendable {
        package let item: CoverageMap.Item
        package let count: Int
        package var isReached: Bool { count > 0 }
    }

    /// The state machine's name.
    package let machine: String
    package let lines: [Line]
    package let counts: CoverageCounts

    /// - Parameter countsErrorNames: Whether each name of ErrorEquals is a point of its own.
    package init(machine: String, map: CoverageMap, counts: CoverageCounts, countsErrorNames: Bool = false) {
        self.machine = machine
        self.counts = counts
        lines = map.items.filter { countsErrorNames || !$0.point.isErrorName }.map {
            Line(item: $0, count: counts.points[$0.point] ?? 0)
        }
    }

    package var reachedCount: Int { lines.count(where: \.isReached) }
    package var missing: [Line] { lines.filter { !$0.isReached } }

    /// Reached points of all points, of 100.
    package static func percentage(_ reports: [CoverageReport]) -> Double {
        let total = reports.reduce(0) { $0 + $1.lines.count }
        return total == 0 ? 100 : Double(reports.reduce(0) { $0 + $1.reachedCount }) * 100 / Double(total)
    }

    package var percentage: Double { CoverageReport.percentage([self]) }

    /// Cut, not rounded, to one digit: 100.0 is all of it.
    package static func text(_ percentage: Double) -> String {
        let tenths = Int(percentage * 10)
        return "\(tenths / 10).\(tenths % 10)"
    }

    // MARK: JUnit

    /// Test results in the XML that CI systems read: a suite a machine, a test a point, a failure for each that was not
    /// reached.
    package static func junit(_ reports: [CoverageReport]) -> String {
        let total = reports.reduce(0) { $0 + $1.lines.count }
        let failures = total - reports.reduce(0) { $0 + $1.reachedCount }
        var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        xml += "<testsuites name=\"state machine coverage\" tests=\"\(total)\" failures=\"\(failures)\">\n"
        for report in reports {
            let name = escaped(report.machine)
            xml += "  <testsuite name=\"\(name)\" tests=\"\(report.lines.count)\" "
            xml += "failures=\"\(report.lines.count - report.reachedCount)\" errors=\"0\" skipped=\"0\">\n"
            for line in report.lines {
                let place = escaped("\(report.machine)/\(line.item.path)")
                xml += "    <testcase classname=\"\(place)\" name=\"\(escaped(line.item.name))\""
                if line.isReached {
                    xml += "/>\n"
                } else {
                    xml += "><failure type=\"notReached\" message=\"not reached in "
                    xml += "\(report.counts.executionCount) executions\"/></testcase>\n"
                }
            }
            xml += "  </testsuite>\n"
        }
        return xml + "</testsuites>\n"
    }

    /// Text in an attribute; what XML 1.0 can't hold becomes U+FFFD.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\t", "\n", "\r": escaped += "&#\(scalar.value);"
            case _ where scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value): escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension CoverageMap.Item {
    /// The point for programs: `{"state", "path", "point", "index", "error", "name"}`.
    package var json: JSONObject {
        var object: JSONObject = ["state": .string(point.state), "path": .string(path)]
        switch point.kind {
        case .entered: object["point"] = "entered"
        case .succeeded: object["point"] = "succeeded"
        case .fallback: object["point"] = "default"
        case .rule(let index): (object["point"], object["index"]) = ("rule", .int(index))
        case .retried(let index): (object["point"], object["index"]) = ("retrier", .int(index))
        case .exhausted(let index): (object["point"], object["index"]) = ("retrier_exhausted", .int(index))
        case .caught(let index): (object["point"], object["index"]) = ("catcher", .int(index))
        case .retriedError(let index, let error):
            (object["point"], object["index"], object["error"]) = ("retrier_error", .int(index), .string(error))
        case .caughtError(let index, let error):
            (object["point"], object["index"], object["error"]) = ("catcher_error", .int(index), .string(error))
        }
        object["name"] = .string(name)
        return object
    }
}

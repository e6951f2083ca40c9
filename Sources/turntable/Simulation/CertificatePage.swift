import JSON
import Simulation

/// A certificate as a page that needs nothing but itself.
struct CertificatePage {
    let certificate: Certificate

    var html: String {
        let summary = certificate.summary
        let seconds = (summary.seconds * 10).rounded() / 10
        let facts = [
            ("Worlds", "\(summary.held) of \(summary.worlds) hold"),
            (
                "Seeds",
                "\(certificate.seeds.lowerBound) to \(certificate.seeds.upperBound), \(certificate.fileCount) files each"
            ),
            ("Invocations", "\(summary.invocations), each by a real process"),
            (
                "Executions",
                summary.executions.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            ),
            (
                "Crash points",
                "\(summary.struckPoints.count) of \(summary.points.count) kinds struck, \(summary.acts) places passed"
            ),
            ("Results", "sha256 \(summary.digest)"),
            ("Took", "\(seconds) s, \(summary.worldsPerSecond) worlds a second"), ("Machine", machine),
            ("Made by", certificate.command),
        ]
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Turntable certificate: \(certificate.holds ? "holds" : "does not hold")</title>
            <style>\(CertificatePage.style)</style>
            </head>
            <body>
            <header class="\(certificate.holds ? "holds" : "fails")">
            <h1>\(certificate.holds ? "Holds" : "Does not hold")</h1>
            <p>\(escaped(certificate.claim))</p>
            </header>
            <main>
            <section><h2>What was tried</h2>\(list(facts))</section>
            \(violations)<section><h2>What went wrong on purpose</h2>\(faults)</section>
            <section><h2>Where something was killed</h2>\(points)</section>
            <section><h2>Which bytes</h2>\(subjects)</section>
            </main>
            <footer>It says nothing of schedules that were not lived, nor of other bytes than these.</footer>
            </body>
            </html>

            """
    }

    private var machine: String { certificate.json["machine"]?.stringValue ?? "" }

    private var violations: String {
        guard !certificate.violations.isEmpty else { return "" }
        let items = certificate.violations.prefix(50).map { "<li>\(escaped($0))</li>" }.joined(separator: "\n")
        return "<section><h2>What does not hold</h2><ul>\n\(items)\n</ul></section>\n"
    }

    private var faults: String {
        let most = max(1, FaultKind.allCases.map { certificate.summary.faults[$0] ?? 0 }.max() ?? 1)
        let rows = FaultKind.allCases.map { kind in
            let count = certificate.summary.faults[kind] ?? 0
            let width = count == 0 ? 0 : max(1, count * 100 / most)
            return
                "<tr><th>\(kind.rawValue)</th><td class=\"number\">\(count)</td>"
                + "<td class=\"bar\"><span style=\"width:\(width)%\"></span></td></tr>"
        }
        return "<table>\n\(rows.joined(separator: "\n"))\n</table>"
    }

    private var points: String {
        let struck = certificate.summary.struckPoints
        let items = certificate.summary.points.sorted().map { point in
            "<li class=\"\(struck.contains(point) ? "struck" : "left")\">\(escaped(point))</li>"
        }
        return "<ul class=\"points\">\n\(items.joined(separator: "\n"))\n</ul>"
    }

    private var subjects: String {
        let rows = certificate.subjects.map {
            "<tr><th>\(escaped($0.name))</th><td>\($0.kind)</td><td><code>\($0.sha256)</code></td></tr>"
        }
        return "<table>\n\(rows.joined(separator: "\n"))\n</table>"
    }

    private func list(_ facts: [(String, String)]) -> String {
        "<dl>" + facts.map { "<dt>\($0.0)</dt><dd>\(escaped($0.1))</dd>" }.joined(separator: "\n") + "</dl>"
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    private static let style = """
        :root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d9dee5; --paper: #fff; --good: #0b6b45; \
        --bad: #a1260d; --bar: #4a7dbd }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b6; --line: #333c48; --paper: #14181e; \
        --good: #2f9e6e; --bad: #d8604a; --bar: #6d9fe0 } }
        body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
        header, main, footer { max-width: 60rem; margin: 0 auto; padding: 1.5rem }
        header { border-left: .5rem solid var(--good); margin-top: 1.5rem; padding-block: .5rem }
        header.fails { border-color: var(--bad) }
        h1 { margin: 0; color: var(--good) } .fails h1 { color: var(--bad) }
        h2 { font-size: 1.1rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; margin-top: 2rem }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 0 }
        dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
        table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: 500; white-space: nowrap }
        th, td { padding: .15rem 1rem .15rem 0 } .number { text-align: right; font-variant-numeric: tabular-nums; width: 5rem }
        .bar { width: 70% } .bar span { display: block; height: .7rem; background: var(--bar); border-radius: .2rem }
        code { font-size: .85rem; overflow-wrap: anywhere }
        .points { columns: 3 14rem; padding: 0; list-style: none } .points li::before { content: "○ "; color: var(--soft) }
        .points .struck::before { content: "● "; color: var(--good) } .left { color: var(--soft) }
        footer { color: var(--soft); font-size: .9rem }
        """
}

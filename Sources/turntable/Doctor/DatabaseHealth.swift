import SQLite

/// SQLite's own check of a file.
enum DatabaseHealth {
    /// What `PRAGMA quick_check` finds; empty when the file is whole.
    static func findings(in path: String) throws -> [String] {
        let database = try Database(path, access: .readOnly)
        var findings: [String] = []
        try database.forEachRow("PRAGMA quick_check") { row in
            let text = row.text(0)
            if text != "ok" { findings.append(text) }
        }
        return findings
    }
}

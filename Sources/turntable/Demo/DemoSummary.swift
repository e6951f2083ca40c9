import EventRouter
import Events
import FileSystem
import JSON

/// Holds what became of each dropped file against what should have.
struct DemoSummary {
    let data: DataFolder
    let executions: [ExecutionSummary]

    /// What is not as it should be; empty when all is.
    func complaints(about files: [DemoFile]) throws -> [String] {
        var complaints: [String] = []
        for execution in executions where execution.record.status == .running {
            complaints.append("\(execution.file) is still running")
        }
        for file in files {
            let own = executions.filter { $0.arrival?.key == "streams/\(file.name)" }
            let archive = try exists("rds.data", "archive/streams/\(file.name)")
            let quarantine = try exists("warehouse.bucket", "quarantine/streams/\(file.name)")
            switch file.expectation {
            case .archived:
                if !own.contains(where: { $0.states.contains("ArchiveFile") && $0.record.status == .succeeded })
                    || !archive
                {
                    complaints.append("\(file.name) should be processed and archived")
                }
            case .quarantined:
                if !own.contains(where: { $0.record.error == "ValidationFailed" }) || !quarantine {
                    complaints.append("\(file.name) should be in quarantine")
                }
            case .alreadyProcessed:
                if !own.contains(where: { $0.states.contains("AlreadyProcessed") && $0.record.status == .succeeded }) {
                    complaints.append("the second delivery of \(file.name) should have changed nothing")
                }
            }
        }
        return complaints
    }

    private func exists(_ bucket: String, _ key: String) throws -> Bool {
        try FileSystem.status("\(data.buckets)/\(bucket)/\(key)") != nil
    }

    /// Where the results lie, with the number of files in each place.
    func places() throws -> TextTable {
        let rows = try [
            ("Parquet", "trial.data/processed"), ("reports", "trial.data/validation-reports"),
            ("quarantine", "warehouse.bucket/quarantine"), ("archive", "rds.data/archive"),
        ].map { name, path in
            let folder = "\(data.buckets)/\(path)"
            return [name, folder, "\(try count(folder)) files"]
        }
        return TextTable(rows, indent: 2)
    }

    private func count(_ folder: String) throws -> Int {
        guard let status = try FileSystem.status(folder, followsLink: false) else { return 0 }
        guard status.kind == .directory else { return 1 }
        return try FileSystem.list(folder).reduce(0) { try $0 + count("\(folder)/\($1)") }
    }
}

import FileSystem
package import Template

/// Worlds of a user's own: one program writes the files, another looks at what became of them.
///
/// Both come from the template's `Metadata.Turntable.Simulation`:
///
/// - `Files` is run as `PROGRAM SEED COUNT FOLDER` in an empty folder and writes `FOLDER/present/BUCKET/KEY`, which is there
///   from the beginning, and `FOLDER/arriving/BUCKET/KEY`, COUNT files whose arrival is told of. The same seed and count must
///   give the same files.
/// - `Invariants` is run as `PROGRAM DATA FOLDER` once a world is at rest, with the world's data folder and the files as they
///   arrived. It ends with 0 when all holds, or prints a line for each thing that does not and ends with 1.
package struct ProgramScenario: Scenario {
    private let files: String
    private let invariants: String

    /// Bytes of a world's files together at most.
    static let maximumByteCount = 256 << 20

    /// - Parameter folder: What the programs' paths are relative to: the template's.
    package init(_ simulation: Application.Simulation, relativeTo folder: String) {
        func path(_ name: String) -> String { name.hasPrefix("/") ? name : "\(folder)/\(name)" }
        files = path(simulation.files)
        invariants = path(simulation.invariants)
    }

    package func files(_ plan: WorldPlan) throws -> [WorldFile] {
        let folder = try Simulator.temporaryFolder("files")
        defer { try? FileSystem.removeTree(folder) }
        let run = try ScenarioProgram.run(files, ["\(plan.seed)", "\(plan.fileCount)", folder], in: folder)
        guard run.status == 0 else {
            throw SimulationError("\(files) for seed \(plan.seed) ended with \(run.status): \(run.output)")
        }
        let present = try read("\(folder)/present", isAnnounced: false)
        let arriving = try read("\(folder)/arriving", isAnnounced: true)
        guard arriving.count == plan.fileCount else {
            throw SimulationError(
                "\(files) for seed \(plan.seed) wrote \(arriving.count) files below \(folder)/arriving, not \(plan.fileCount)"
            )
        }
        guard (present + arriving).reduce(0, { $0 + $1.bytes.count }) <= ProgramScenario.maximumByteCount else {
            throw SimulationError(
                "\(files) for seed \(plan.seed) wrote more than \(ProgramScenario.maximumByteCount) bytes")
        }
        return present + arriving
    }

    private func read(_ folder: String, isAnnounced: Bool) throws -> [WorldFile] {
        guard try FileSystem.status(folder)?.kind == .directory else { return [] }
        var found: [WorldFile] = []
        for bucket in try FileSystem.list(folder).sorted() {
            var folders = [""]
            while let prefix = folders.popLast() {
                for name in try FileSystem.list("\(folder)/\(bucket)/\(prefix)").sorted() {
                    let path = "\(folder)/\(bucket)/\(prefix)\(name)"
                    if try FileSystem.status(path)?.kind == .directory {
                        folders.append("\(prefix)\(name)/")
                    } else {
                        let bytes = try FileSystem.readFile(path, maximumByteCount: ProgramScenario.maximumByteCount)
                        found.append(
                            WorldFile(bucket: bucket, key: prefix + name, bytes: bytes, isAnnounced: isAnnounced))
                    }
                }
            }
        }
        return found.sorted { ($0.bucket, $0.key) < ($1.bucket, $1.key) }
    }

    package func violations(data: String, files: [WorldFile]) async throws -> [String] {
        let folder = try Simulator.temporaryFolder("arrived")
        defer { try? FileSystem.removeTree(folder) }
        for file in files {
            let path = "\(folder)/\(file.isAnnounced ? "arriving" : "present")/\(file.bucket)/\(file.key)"
            if let parent = FileSystem.parent(of: path) { try FileSystem.createDirectories(parent) }
            try FileSystem.writeFileAtomically(path, file.bytes)
        }
        let run = try ScenarioProgram.run(invariants, [data, folder], in: folder)
        switch run.status {
        case 0: return []
        case 1:
            let lines = run.output.split(separator: "\n").map(String.init)
            return lines.isEmpty ? ["\(invariants) ended with 1 and said nothing"] : lines
        default: throw SimulationError("\(invariants) ended with \(run.status): \(run.output)")
        }
    }
}

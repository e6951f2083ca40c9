import Digest
import FileSystem
import Glibc
import JSON
import Simulation
import Template

/// What a simulation has shown, of which programs, under which schedules.
struct Certificate {
    /// What was tried, by its SHA-256.
    struct Subject {
        var name: String
        var kind: String
        var sha256: String
    }

    let subjects: [Subject]
    let seeds: ClosedRange<UInt64>
    let fileCount: Int
    let kinds: Set<FaultKind>
    let summary: SimulationSummary
    /// Of the first world that does not hold.
    let violations: [String]

    var holds: Bool { summary.held == summary.worlds && summary.worlds > 0 }

    /// What it says, and no more.
    var claim: String {
        holds
            ? "Effectively once under these schedules: in each of \(summary.worlds) worlds every file was counted once."
            : "Not shown: \(summary.worlds - summary.held) of \(summary.worlds) worlds do not hold."
    }

    /// The files that a template's simulation runs: its functions' executables, itself, and its state machines' definitions.
    static func subjects(of application: Application, productsFolder: String, templateFolder: String) throws
        -> [Subject]
    {
        func digest(_ path: String) throws -> String {
            sha256(try FileSystem.readFile(path, maximumByteCount: 1 << 30))
        }
        var subjects: [Subject] = []
        for function in application.functions {
            let path =
                switch function.executable {
                case .product(let name): "\(productsFolder)/\(name)"
                case .bootstrap(let folder):
                    folder.hasPrefix("/") ? "\(folder)/bootstrap" : "\(templateFolder)/\(folder)/bootstrap"
                }
            subjects.append(Subject(name: function.name, kind: "function", sha256: try digest(path)))
        }
        subjects.append(
            Subject(name: FileSystem.name(of: application.file), kind: "template", sha256: try digest(application.file))
        )
        for machine in application.stateMachines {
            subjects.append(
                Subject(name: machine.name, kind: "state machine", sha256: sha256(machine.definition.json)))
        }
        return subjects
    }

    var json: JSONValue {
        [
            "claim": .string(claim), "holds": .bool(holds),
            "subjects": .array(
                subjects.map { ["name": .string($0.name), "kind": .string($0.kind), "sha256": .string($0.sha256)] }),
            "seeds": ["from": .string("\(seeds.lowerBound)"), "to": .string("\(seeds.upperBound)")],
            "files_per_world": .int(fileCount),
            "fault_kinds": .array(FaultKind.allCases.filter(kinds.contains).map { .string($0.rawValue) }),
            "results": summary.json, "crash_point_kinds": .array(summary.points.sorted().map { .string($0) }),
            "violations": .array(violations.map { .string($0) }), "machine": .string(Certificate.machine),
            "command": .string(command),
        ]
    }

    /// What makes it again.
    var command: String {
        "turntable certify --seeds \(seeds.lowerBound)..\(seeds.upperBound) --files \(fileCount)"
            + (kinds.count == FaultKind.allCases.count
                ? "" : " --faults \(kinds.isEmpty ? "none" : kinds.map(\.rawValue).sorted().joined(separator: ","))")
    }

    private static let machine: String = {
        var name = utsname()
        unsafe uname(&name)
        func text<Tuple>(_ tuple: Tuple) -> String {
            unsafe withUnsafeBytes(of: tuple) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        return
            "\(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, \(text(name.sysname)) \(text(name.release)), \(text(name.machine))"
    }()
}

import Digest
import FileSystem
import Glibc
import JSON
import TestSupport
import Testing

@Suite("turntable simulate and certify", .timeLimit(.minutes(20)))
struct SimulationVerbTests {
    private static func turntable(_ arguments: [String]) async throws -> FinishedProcess {
        try await runProcess("\(Repository.products)/turntable", arguments)
    }

    private static let template = ["--template", "\(Repository.root)/infra/template.yaml"]

    @Test("a certificate names the bytes, the seeds and what struck, and gives the same results each time")
    func certificate() async throws {
        try await withTemporaryDirectory { folder in
            var digests: [JSONValue?] = []
            for name in ["one", "two"] {
                let run = try await Self.turntable(
                    ["certify", "--seeds", "7..9", "--files", "5", "--out", "\(folder)/\(name)"] + Self.template)
                #expect(run.status == 0, "\(run.errorOutput)")
                #expect(run.output.contains("3 of 3 worlds hold"))
                let json = try JSONValue(parsing: FileSystem.readFile("\(folder)/\(name)/certificate.json"))
                #expect(json["holds"] == true)
                #expect(json["results"]?["worlds"] == 3)
                #expect(json["seeds"] == ["from": "7", "to": "9"])
                let etl = json["subjects"]?.arrayValue?.first { $0["name"] == "etl" }
                #expect(
                    etl?["sha256"]?.stringValue == sha256(try FileSystem.readFile("\(Repository.products)/etl")))
                digests.append(json["results"]?["digest"])
                let page = String(
                    decoding: try FileSystem.readFile("\(folder)/\(name)/certificate.html"), as: UTF8.self)
                #expect(page.contains(try #require(json["results"]?["digest"]?.stringValue)))
            }
            #expect(digests[0] != nil && digests[0] == digests[1])
        }
    }

    @Test("a template's own programs say what arrives and what must hold")
    func programs() async throws {
        try await withTemporaryDirectory { folder in
            let infra = "\(Repository.root)/infra"
            try FileSystem.createDirectories("\(folder)/statemachines")
            for name in try FileSystem.list("\(infra)/statemachines") {
                try FileSystem.copyFile("\(infra)/statemachines/\(name)", to: "\(folder)/statemachines/\(name)")
            }
            let text = String(decoding: try FileSystem.readFile("\(infra)/template.yaml"), as: UTF8.self)
            let metadata = "  Turntable:\n    Simulation: { Files: make-files, Invariants: ./look }\n    Sensors:\n"
            try FileSystem.writeFileAtomically(
                "\(folder)/template.yaml",
                Array(text.replacing("  Turntable:\n    Sensors:\n", with: metadata, maxReplacements: 1).utf8))
            let files = """
                #!/bin/sh
                set -eu
                mkdir -p "$3/present/rds.data/songs" "$3/present/rds.data/users" "$3/arriving/rds.data/streams"
                printf 'track_id,track_genre,track_name,artists\\nt1,pop,One,A\\n' > "$3/present/rds.data/songs/songs.csv"
                printf 'user_id,user_name,user_age,user_country\\n1,U,20,C\\n' > "$3/present/rds.data/users/users.csv"
                for number in $(seq "$2"); do
                    printf 'user_id,track_id,listen_time\\n1,t1,2024-06-25 10:%02d:%02d\\n' "$number" "$1" \\
                        > "$3/arriving/rds.data/streams/own-$number.csv"
                done
                """
            let look = """
                #!/bin/sh
                for file in "$2"/arriving/rds.data/streams/*; do
                    cmp -s "$file" "$1/buckets/rds.data/archive/streams/${file##*/}" || { echo "${file##*/} is not archived"; bad=1; }
                done
                exit ${bad:-0}
                """
            for (name, program) in [("make-files", files), ("look", look)] {
                try FileSystem.writeFileAtomically("\(folder)/\(name)", Array(program.utf8))
                chmod("\(folder)/\(name)", 0o755)
            }
            let words = ["simulate", "--seeds", "1..2", "--files", "3", "--template", "\(folder)/template.yaml"]
            let run = try await Self.turntable(words)
            #expect(run.status == 0, "\(run.output)\(run.errorOutput)")
            #expect(run.output.contains("2 of 2 worlds hold"))

            try FileSystem.writeFileAtomically("\(folder)/look", Array("#!/bin/sh\necho nothing holds; exit 1\n".utf8))
            chmod("\(folder)/look", 0o755)
            let refused = try await Self.turntable(words)
            #expect(refused.status == 1)
            #expect(refused.errorOutput.contains("nothing holds"))
            #expect(refused.errorOutput.contains("0 files and 0 faults are enough"))
            #expect(refused.errorOutput.contains("replay it: turntable simulate --seeds 1 --files 3"))

            try FileSystem.writeFileAtomically("\(folder)/make-files", Array("#!/bin/sh\nexit 0\n".utf8))
            chmod("\(folder)/make-files", 0o755)
            let empty = try await Self.turntable(words)
            #expect(empty.status == 1)
            #expect(empty.errorOutput.contains("wrote 0 files"))
        }
    }

    @Test("wrong words are refused, with what there is")
    func usage() async throws {
        for (words, part) in [
            (["--seeds", "9..3"], "a range such as 1..1000"), (["--faults", "crahs"], "did you mean 'crash'"),
            (["--only-fault", "crash"], "KIND@SITE"), (["--state-machine", "stream-pipelin"], "stream-pipeline"),
        ] {
            let run = try await Self.turntable(["simulate"] + words + Self.template)
            #expect(run.status == 2)
            #expect(run.errorOutput.contains(part), "\(run.errorOutput)")
        }
    }
}

import FileSystem
import Glibc
import TestSupport
import Testing

/// Runs the README's commands in a folder of their own, as somebody who follows it from top to bottom would.
@Suite("The README", .timeLimit(.minutes(10)))
struct ReadmeTests {
    struct Block {
        /// What stands behind ```` ```sh ````: nothing, `serve` or `after-arrival`.
        let kind: String
        var commands: [String] = []
    }

    static func blocks() throws -> [Block] {
        let text = String(decoding: try FileSystem.readFile("\(Repository.root)/README.md"), as: UTF8.self)
        var blocks: [Block] = []
        var open: Block?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let block = open {
                if line == "```" {
                    blocks.append(block)
                    open = nil
                } else {
                    open?.commands.append(String(line))
                }
            } else if line.hasPrefix("```sh") {
                open = Block(kind: line.dropFirst(5).trimmingPrefix(" ").description)
            }
        }
        return blocks
    }

    @Test("its commands work in their order")
    func commands() async throws {
        let blocks = try Self.blocks()
        #expect(blocks.count >= 6)
        try await withTemporaryDirectory { folder in
            for name in ["infra", "events"] {
                #expect(symlink("\(Repository.root)/\(name)", "\(folder)/\(name)") == 0)
            }
            try FileSystem.createDirectories("\(folder)/.build")
            #expect(symlink(Repository.products, "\(folder)/.build/release") == 0)
            var router: LivingProcess?
            for block in blocks {
                if block.kind == "serve" {
                    // The README's port may be taken on a shared machine; everything else is as it says.
                    let process = try LivingProcess(
                        RouterUnderTest.turntable, ["serve", "--port", "0"], directory: folder)
                    router = process
                    try await eventually("a router that is ready") { process.output.contains("ready ") ? () : nil }
                    continue
                }
                if block.kind == "after-arrival" {
                    try await eventually("the file in archive/") {
                        try FileSystem.status(
                            "\(folder)/.turntable/buckets/rds.data/archive/streams/streams-2024-06-25.csv"
                        )
                        .map { _ in () }
                    }
                }
                for command in block.commands {
                    if command.hasPrefix("make ") {
                        let words = command.split(separator: " ").dropFirst().map { String($0) }
                        let dry = try await runProcess("make", ["-n"] + words, directory: Repository.root)
                        #expect(dry.status == 0, "\(command): \(dry.errorOutput)")
                        continue
                    }
                    let finished = try await runProcess("/bin/sh", ["-c", command], directory: folder)
                    #expect(finished.status == 0, "\(command): \(finished.output)\(finished.errorOutput)")
                }
            }
            router?.signal(SIGTERM)
            #expect(try await router?.waitForEnd() == 0)
        }
    }
}

import Digest
import Testing

@testable import MusicPipeline

@Suite("Made-up input")
struct MusicDataGeneratorTests {
    private static func files(_ settings: MusicDataGenerator.Settings) throws -> [(name: String, bytes: [UInt8])] {
        var files: [(name: String, bytes: [UInt8])] = []
        try MusicDataGenerator(settings).write { name, bytes in
            if files.last?.name == name { files[files.count - 1].bytes += bytes } else { files.append((name, bytes)) }
        }
        return files
    }

    /// Whoever publishes a seed must get the same bytes with any later version.
    @Test("the bytes of a seed never change")
    func digest() throws {
        let files = try Self.files(.init(rows: 1_000, files: 3, days: 2, seed: 42))
        #expect(
            files.map(\.name) == [
                "songs.csv", "users.csv", "streams-2024-06-25.csv", "streams-2024-06-25-2.csv",
                "streams-2024-06-26.csv",
            ])
        #expect(sha256(files.flatMap(\.bytes)) == "661e152f0ff1f2b8c08e74bf30b05df12aaf108ea81933ba25838410fce1575f")
    }

    @Test("a stream file has its rows, all of its day; zero of anything is fine")
    func shape() throws {
        var settings = MusicDataGenerator.Settings(rows: 5_000, files: 1, days: 1, seed: 7)
        let lines = try #require(try Self.files(settings).last).bytes.split(separator: 0x0A)
        #expect(lines.count == 5_001)
        #expect(lines.dropFirst().allSatisfy { String(decoding: $0, as: UTF8.self).contains(",2024-06-25 ") })
        settings.rows = 0
        settings.tracks = 0
        settings.users = 0
        #expect(try Self.files(settings).last?.bytes == Array("user_id,track_id,listen_time\n".utf8))
        settings.files = 0
        #expect(try Self.files(settings).map(\.name) == ["songs.csv", "users.csv"])
    }
}

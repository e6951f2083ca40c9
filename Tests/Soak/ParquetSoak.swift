import FileSystem
import Glibc
import Parquet
import TestSupport

/// Parquet files damaged at random and read, for a time. Each must be read or refused with a `ParquetError`; a case that
/// crashes or takes over 20 seconds ends the process, and the file `fuzz-case` in the working folder then says which it was.
enum ParquetSoak {
    static let longestCaseSeconds: UInt32 = 20

    static func run(seed: UInt64, seconds: Int, corpus: some Sequence<String>) async throws {
        let files = try read(corpus)
        let start = ContinuousClock.now
        var (number, refused, rows) = (0, 0, 0)
        while ContinuousClock.now - start < .seconds(seconds) {
            if number % 64 == 0 {
                try FileSystem.writeFileAtomically("fuzz-case", Array("\(seed) \(number) to \(number + 63)\n".utf8))
            }
            alarm(longestCaseSeconds)
            do {
                rows += try await readAll(damaged(files, seed: seed, number: number))
            } catch is ParquetError {
                refused += 1
            } catch {
                print("seed \(seed), case \(number): \(error)")
                exit(1)
            }
            number += 1
        }
        alarm(0)
        print("seed \(seed): \(number) damaged Parquet files, \(refused) refused, \(rows) rows read of the others")
    }

    /// Writes a case's file to `fuzz-case.parquet`.
    static func show(seed: UInt64, number: Int, corpus: some Sequence<String>) throws {
        try FileSystem.writeFileAtomically(
            "fuzz-case.parquet", damaged(read(corpus), seed: seed, number: number))
    }

    private static func read(_ corpus: some Sequence<String>) throws -> [[UInt8]] {
        let files = try corpus.map { try FileSystem.readFile($0) }.filter { !$0.isEmpty }
        guard !files.isEmpty else { throw NeverHappened(description: "there is no Parquet file to damage") }
        return files
    }

    /// - Returns: The number of rows.
    private static func readAll(_ bytes: [UInt8]) async throws -> Int {
        var limits = ParquetReader.Limits()
        limits.pageByteCount = 4 << 20
        limits.chunkByteCount = 16 << 20
        limits.rowCount = 1 << 17
        let reader = try await ParquetReader(ParquetBytes(bytes), limits: limits)
        var rows = 0
        for group in reader.rowGroups.indices.prefix(64) {
            rows += try await reader.readRowGroup(group).first?.values.count ?? 0
        }
        return rows
    }

    /// A file of the corpus with some damage, most of it where the file says what it is made of.
    private static func damaged(_ files: [[UInt8]], seed: UInt64, number: Int) -> [UInt8] {
        var random = SplitMix(seed: seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
        var bytes = files.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...6, using: &random) where bytes.count > 16 {
            let footer = max(0, bytes.count - 8 - 2_000)
            let place = Int.random(in: (Bool.random(using: &random) ? footer : 0)..<bytes.count, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1:
                bytes[place] =
                    [0, 0x7F, 0x80, 0xFF, .random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
            case 2:
                // A number of a thousand million or so, as a varint is spelled.
                for index in place..<min(place + 4, bytes.count) { bytes[index] = 0xFF }
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
            case 4:
                let other = files.randomElement(using: &random) ?? []
                let from = Int.random(in: 0..<other.count, using: &random)
                bytes.insert(contentsOf: other[from..<min(other.count, from + 60)], at: place)
            case 5: bytes.removeLast(bytes.count - place)
            default:
                // The footer's length, and its end where it should be.
                let length = UInt32.random(in: 0...UInt32(bytes.count), using: &random)
                for index in 0..<4 {
                    bytes[bytes.count - 8 + index] = UInt8(truncatingIfNeeded: length >> UInt32(index * 8))
                }
            }
        }
        return bytes
    }
}

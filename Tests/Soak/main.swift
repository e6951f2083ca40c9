import TestSupport

// What `make soak` runs of the state machines and of the Parquet reader.

let words = Array(CommandLine.arguments.dropFirst())
switch words.first {
case "fuzz" where words.count >= 3:
    try FuzzSoak.run(seed: UInt64(words[1]) ?? 1, seconds: Int(words[2]) ?? 60, corpus: words.dropFirst(3))
case "case" where words.count >= 3:
    FuzzSoak.show(seed: UInt64(words[1]) ?? 1, number: Int(words[2]) ?? 0, corpus: words.dropFirst(3))
case "parquet" where words.count > 3:
    try await ParquetSoak.run(seed: UInt64(words[1]) ?? 1, seconds: Int(words[2]) ?? 60, corpus: words.dropFirst(3))
case "parquet-case" where words.count > 3:
    try ParquetSoak.show(seed: UInt64(words[1]) ?? 1, number: Int(words[2]) ?? 0, corpus: words.dropFirst(3))
case "memory": try await MemorySoak.run(executions: words.dropFirst().first.flatMap { Int($0) } ?? 200_000)
default:
    throw NeverHappened(
        description: "soak fuzz SEED SECONDS [FILE...] | soak case SEED NUMBER [FILE...] | soak memory EXECUTIONS"
            + " | soak parquet SEED SECONDS FILE... | soak parquet-case SEED NUMBER FILE...")
}

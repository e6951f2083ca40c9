/// Holds the functions made during an evaluation, and the frames they close over, until it ends.
///
/// A function and its frame may refer to each other, which reference counting never frees; and a long chain of them,
/// freed from its head, would recurse as deep as it is long. Emptied one by one they do neither.
struct FunctionHeap {
    private var functions: [FunctionValue] = []
    private var frames: [Frame] = []
    private var sweepCount = 4_096
    /// Functions that may be alive at a time.
    private static let limit = 1 << 20

    /// False if too many are alive.
    mutating func add(_ function: FunctionValue, _ frame: Frame?) -> Bool {
        functions.append(function)
        if let frame, !frame.isRegistered {
            frame.isRegistered = true
            frames.append(frame)
        }
        guard functions.count + frames.count > sweepCount else { return true }
        sweep()
        sweepCount = max(4_096, 2 * (functions.count + frames.count))
        return functions.count <= FunctionHeap.limit
    }

    /// Drops what nothing else refers to any more.
    private mutating func sweep() {
        var kept = 0
        for index in functions.indices where !isKnownUniquelyReferenced(&functions[index]) {
            functions.swapAt(kept, index)
            kept += 1
        }
        functions.removeLast(functions.count - kept)
        kept = 0
        for index in frames.indices where !isKnownUniquelyReferenced(&frames[index]) {
            frames.swapAt(kept, index)
            kept += 1
        }
        frames.removeLast(frames.count - kept)
    }

    mutating func releaseAll() {
        for function in functions { function.release() }
        for frame in frames { frame.release() }
        functions = []
        frames = []
    }
}

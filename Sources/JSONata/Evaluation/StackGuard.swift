import Glibc
import JSON

/// Keeps recursion from running off a thread's stack.
///
/// Work begins on the caller's stack, which may be as small as 512 KiB. Once it has used `ownBytes` of it, it goes on,
/// on a thread of its own with `largeBytes`, while the caller's thread waits; so only deep expressions pay for a thread.
/// On the large stack, too, running low is an error.
final class StackGuard {
    /// Bytes of the caller's stack that may be used before moving.
    static let ownBytes = 160 << 10
    /// Bytes of the large stack; pages never touched cost nothing.
    static let largeBytes = 128 << 20
    /// Bytes of the large stack kept for the deepest call between two checks.
    private static let reserveBytes = 1 << 20

    private var base: UInt
    private var budget = StackGuard.ownBytes
    private var isOnLargeStack = false

    init() { base = StackGuard.address }

    /// Counts from the caller's frame again: for a guard that outlives one call.
    func restart() { base = StackGuard.address }

    /// An address near the top of the current stack, only ever compared.
    private static var address: UInt {
        @inline(never) get {
            var marker: UInt8 = 0
            return unsafe withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
        }
    }

    private var used: Int { Int(bitPattern: base &- StackGuard.address) }

    /// Runs `body`, on the large stack if this one has run low.
    ///
    /// - Throws: What `body` throws, or U1001 when the large stack has run low, too.
    func withRoom<Result>(_ body: () throws(JSONataError) -> Result) throws(JSONataError) -> Result {
        if used < budget { return try body() }
        return try onLargeStack(if: true, body)
    }

    /// Runs `body`, on the large stack if `condition` holds and it isn't there already.
    func onLargeStack<Result>(
        if condition: Bool, _ body: () throws(JSONataError) -> Result
    ) throws(JSONataError) -> Result {
        guard condition else { return try body() }
        guard !isOnLargeStack else {
            if used < budget { return try body() }
            throw JSONataError("U1001", value: .int(used))
        }
        let (oldBase, oldBudget) = (base, budget)
        isOnLargeStack = true
        budget = StackGuard.largeBytes - StackGuard.reserveBytes
        defer { (base, budget, isOnLargeStack) = (oldBase, oldBudget, false) }
        var outcome: Swift.Result<Result, JSONataError>?
        // Boxed without escaping: the thread is joined before this function returns.
        let isDone = withoutActuallyEscaping({
            self.base = StackGuard.address
            do throws(JSONataError) { outcome = .success(try body()) } catch { outcome = .failure(error) }
        }) { StackGuard.runOnThread($0) }
        guard isDone, let outcome else { throw JSONataError("U1001", value: .int(0)) }
        return try outcome.get()
    }

    private final class Job {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Runs `body` on a new thread and waits for its end; false if there can be none.
    private static func runOnThread(_ body: @escaping () -> Void) -> Bool {
        // SAFETY: allocated here, set up by the first call, and given back on every path.
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { unsafe attributes.deallocate() }
        guard unsafe pthread_attr_init(attributes) == 0 else { return false }
        defer { unsafe pthread_attr_destroy(attributes) }
        guard unsafe pthread_attr_setstacksize(attributes, largeBytes) == 0 else { return false }
        var thread = pthread_t()
        // SAFETY: the one retain is taken back by the thread, or here when there is none; the join below keeps `body`'s
        // captures alive for as long as the thread runs.
        let job = unsafe Unmanaged.passRetained(Job(body))
        let result = unsafe pthread_create(
            &thread, attributes,
            { pointer in
                if let pointer = unsafe pointer {
                    let job = unsafe Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue()
                    job.body()
                }
                return nil
            }, job.toOpaque())
        guard result == 0 else {
            unsafe job.release()
            return false
        }
        return pthread_join(thread, nil) == 0
    }
}

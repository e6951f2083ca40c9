import Glibc
import JSON
import Synchronization

/// One call of a handler, from the event's bytes to the output's, on whatever thread asks for it.
enum HandlerCall {
    /// Why there is no output.
    struct Failure: Error {
        let report: ErrorReport
    }

    /// Runs the handler on the cooperative pool and blocks the calling thread until it has ended.
    ///
    /// Metrics are flushed and a failure is logged before this returns. The calling thread is the main thread, which
    /// therefore runs nothing of the main actor meanwhile.
    ///
    /// - Parameter source: What the event is called in the message about one that is no JSON.
    static func run(
        _ handler: any LambdaHandler, event: [UInt8], source: String, context: LambdaContext
    ) -> Result<[UInt8], Failure> {
        let result = outcome(handler, event: event, source: source, context: context)
        context.metrics.flush()
        if case .failure(let failure) = result {
            context.logger.error(
                "the invocation failed",
                ["errorType": .string(failure.report.type), "errorMessage": .string(failure.report.message)])
        }
        return result
    }

    private static func outcome(
        _ handler: any LambdaHandler, event: [UInt8], source: String, context: LambdaContext
    ) -> Result<[UInt8], Failure> {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: event)
        } catch {
            return .failure(Failure(report: .malformedEvent(error, source: source)))
        }
        let result = waitForResult { () -> Result<[UInt8], Failure> in
            do {
                return .success(try await handler.handle(value, context: context).bytes())
            } catch {
                return .failure(Failure(report: ErrorReport(error, phase: .invocation)))
            }
        }
        if case .success(let output) = result, output.count > LambdaRuntime.maximumResponseByteCount {
            context.logger.error("the output is too large", ["byteCount": .int(output.count)])
            return .failure(Failure(report: .responseTooLarge))
        }
        return result
    }

    /// Blocks the calling thread until `body` has ended on the cooperative pool.
    private static func waitForResult<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
        let box = Box<Value>()
        // Ends with the wait below; nothing cancels it, since Lambda ends a late invocation with its process.
        Task.detached { box.fill(await body()) }
        return box.take()
    }

    /// A place that one thread fills and another waits for.
    private final class Box<Value: Sendable>: Sendable {
        private let value = Mutex<Value?>(nil)
        private let semaphore: Semaphore = Semaphore()

        func fill(_ newValue: Value) {
            value.withLock { $0 = newValue }
            semaphore.signal()
        }

        func take() -> Value {
            while true {
                if let value = value.withLock({ $0 }) { return value }
                semaphore.wait()
            }
        }
    }
}

/// A POSIX semaphore that starts at zero.
@safe private final class Semaphore: @unchecked Sendable {
    // Only its own functions touch the semaphore, and they are made for several threads.
    private let handle: UnsafeMutablePointer<sem_t>

    init() {
        unsafe handle = .allocate(capacity: 1)
        unsafe sem_init(handle, 0, 0)
    }

    deinit {
        unsafe sem_destroy(handle)
        unsafe handle.deallocate()
    }

    func signal() { unsafe sem_post(handle) }

    /// Returns after a signal, or early when a signal handler ran: the caller looks again.
    func wait() { unsafe sem_wait(handle) }
}

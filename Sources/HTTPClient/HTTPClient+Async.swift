import Glibc

extension HTTPClient {
    /// Sends a request from a thread of its own, so that no thread of the cooperative pool is blocked.
    ///
    /// - Throws: ``HTTPClientError``; with code `.cancelled` as soon as the task is cancelled.
    package func response(to request: Request) async throws(HTTPClientError) -> Response {
        let cancellation = HTTPCancellation()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<Response, HTTPClientError>, Never>) in
                let failure = BlockingThread.run {
                    do throws(HTTPClientError) {
                        continuation.resume(returning: .success(try self.send(request, cancellation: cancellation)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
                if let failure {
                    let error = HTTPFailure(.connect, systemError: failure, "start a thread")
                    continuation.resume(returning: .failure(HTTPClientError(error, request, address, isUnsent: true)))
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }
}

/// A thread that runs one closure and ends.
enum BlockingThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts the thread.
    ///
    /// - Returns: The system's error number when there can be no other thread; `body` is then not run.
    static func run(_ body: @escaping @Sendable () -> Void) -> Int32? {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let work = unsafe Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, &attributes,
            { context in
                // SAFETY: the one reference that `run` retained for this thread.
                unsafe Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            unsafe work.release()
            return status
        }
        return nil
    }
}

import Glibc

/// Runs work on a thread with a stack of 512 KiB, the least that threads have by default anywhere.
public enum SmallStack {
    private final class Job {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    public static func run(_ body: () -> Void) {
        withoutActuallyEscaping(body) { body in
            let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
            defer { attributes.deallocate() }
            pthread_attr_init(attributes)
            pthread_attr_setstacksize(attributes, 512 << 10)
            var thread = pthread_t()
            let job = Unmanaged.passRetained(Job(body))
            let result = pthread_create(
                &thread, attributes,
                { pointer in
                    pointer.map { Unmanaged<Job>.fromOpaque($0).takeRetainedValue().body() }
                    return nil
                }, job.toOpaque())
            precondition(result == 0, "pthread_create: \(result)")
            pthread_join(thread, nil)
        }
    }
}

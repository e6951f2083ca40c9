extension BucketWatcher.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .watchesExhausted(let directory):
            """
            no inotify watch is left for \(directory) (ENOSPC): new files are found by reading all folders every few seconds. \
            Raise the limit with `sysctl fs.inotify.max_user_watches=524288` and start again
            """
        case .queueOverflowed:
            "the kernel dropped file events (fs.inotify.max_queued_events): all folders are read again, nothing is lost"
        case .unreadable(let path, let cause): "\(path) can't be read and is tried again: \(cause)"
        case .notAccepted(let count, let cause):
            "\(count) changes of objects could not be recorded and are held back: \(cause)"
        }
    }
}

/// Which directory each of the kernel's watches stands for.
struct WatchedTree: Sendable {
    struct Directory: Sendable, Hashable {
        /// Nil for the folder that holds the buckets.
        var bucket: String?
        /// What keys of files in it begin with: empty, or ending in `/`.
        var prefix: String

        static let root = Directory(bucket: nil, prefix: "")

        /// The directory of this name in this one.
        func child(_ name: String) -> Directory {
            bucket == nil ? Directory(bucket: name, prefix: "") : Directory(bucket: bucket, prefix: "\(prefix)\(name)/")
        }

        func contains(_ other: Directory) -> Bool {
            bucket == nil || bucket == other.bucket && other.prefix.utf8.starts(with: prefix.utf8)
        }
    }

    private var directories: [Int32: Directory] = [:]

    var count: Int { directories.count }

    subscript(watch: Int32) -> Directory? { directories[watch] }

    mutating func insert(_ directory: Directory, watch: Int32) { directories[watch] = directory }

    mutating func remove(_ watch: Int32) { directories[watch] = nil }

    /// Forgets a directory and all below it, and returns their watches.
    ///
    /// - Complexity: O(*n*) in the number of watched directories.
    mutating func removeSubtree(_ directory: Directory) -> [Int32] {
        let watches = directories.filter { directory.contains($0.value) }.map(\.key)
        for watch in watches { directories[watch] = nil }
        return watches
    }
}

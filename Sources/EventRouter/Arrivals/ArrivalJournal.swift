/// The memory of what has arrived, which outlives the process, and the way in for what arrives.
package protocol ArrivalJournal: Sendable {
    /// Returns which versions of these objects have been accepted; those never seen or removed since are left out.
    func seen(_ names: [ObjectName]) async throws -> [ObjectName: SeenObject]

    /// Returns keys of a bucket that have been accepted and not removed, ascending by their bytes.
    ///
    /// - Parameter after: Only keys greater than this.
    func seenKeys(in bucket: String, prefix: String, after: String?, limit: Int) async throws -> [String]

    /// Takes changes over, in their order. Once it returns they are remembered, and their events will be delivered even
    /// if the process dies; when it throws, nothing has been taken over.
    func accept(_ changes: [ObjectChange]) async throws
}

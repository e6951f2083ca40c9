import Storage

/// One version of one reference object, by which what was made from it is known.
package struct ReferenceObject: Sendable, Hashable {
    package let key: String
    package let eTag: String

    /// The reference objects below a prefix, by key.
    ///
    /// - Throws: ``PipelineError`` `.referenceMissing` when there is none.
    static func all(_ prefix: String, in bucket: String, objects: any ObjectStore) async throws -> [ReferenceObject] {
        var found: [ReferenceObject] = []
        var after: String?
        repeat {
            let page = try await objects.list(bucket, prefix: prefix, after: after, limit: ObjectPage.maximumCount)
            found += page.objects.filter { $0.key.hasSuffix(".csv") }.map {
                ReferenceObject(key: $0.key, eTag: $0.eTag)
            }
            after = page.next
        } while after != nil
        guard !found.isEmpty else {
            throw PipelineError(
                .referenceMissing,
                "there is no \(prefix)*.csv in \(bucket): put the reference file there; the execution waits")
        }
        return found
    }
}

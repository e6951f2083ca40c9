/// Buckets of objects, addressed by key: S3, or folders on a disk that act like it.
///
/// Objects appear, change and go as a whole: whoever reads sees one version, never a part. Every implementation passes
/// the same contract suite.
///
/// - Bucket names follow S3's rules (3 to 63 lower-case letters, digits, dots and hyphens); a bucket must exist before it
///   is read or written, else ``ObjectStoreError/Code/noSuchBucket``.
/// - Keys are 1 to 1,024 bytes of UTF-8, compared byte by byte. A key that an implementation can't hold is refused with
///   ``ObjectStoreError/Code/invalidKey``; none ever reaches outside its bucket.
/// - Every call throws ``ObjectStoreError``, or `CancellationError` once its task is cancelled.
public protocol ObjectStore: Sendable {
    /// Returns what is known of an object without its content.
    ///
    /// - Throws: `.notFound`, `.noSuchBucket`, `.notAnObject`.
    func head(_ key: String, in bucket: String) async throws -> ObjectMetadata

    /// Returns an object and its content; use ``openReader(_:in:ifMatch:)`` above a few MiB.
    ///
    /// - Throws: `.tooLarge` when it holds more than `maximumByteCount`; `.changed` when it is written to meanwhile.
    func get(_ key: String, in bucket: String, maximumByteCount: Int) async throws -> Object

    /// Returns a part of an object; fewer bytes when `range` reaches over the object's end.
    ///
    /// - Parameter ifMatch: The ETag that the object must have, or nil for any; spares the ETag's computation, too.
    /// - Throws: `.invalidRange` when `range` begins at or after the end; `.preconditionFailed` on another ETag.
    func get(_ key: String, in bucket: String, range: Range<Int>, ifMatch: String?) async throws -> [UInt8]

    /// Opens an object for reading from the beginning on; the caller closes the reader.
    ///
    /// - Throws: `.preconditionFailed` when the ETag is not `ifMatch`.
    func openReader(_ key: String, in bucket: String, ifMatch: String?) async throws -> any ObjectReader

    /// Writes an object in one step.
    ///
    /// - Throws: `.preconditionFailed` when `condition` does not hold; nothing has changed then.
    @discardableResult
    func put(
        _ bytes: [UInt8], as key: String, in bucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata

    /// Begins an object that is written piece by piece and visible only after ``ObjectWriter/finish(condition:)``.
    func openWriter(_ key: String, in bucket: String) async throws -> any ObjectWriter

    /// Returns the objects whose keys begin with `prefix`, ascending by the keys' UTF-8 bytes.
    ///
    /// - Parameters:
    ///   - after: Only keys greater than this; a page's ``ObjectPage/next``.
    ///   - limit: Objects in a page, 1 to 1,000; more is taken as 1,000.
    func list(_ bucket: String, prefix: String, after: String?, limit: Int) async throws -> ObjectPage

    /// Writes the content of one object under another key, in one step, within this store.
    ///
    /// - Parameter condition: What must hold of the new key.
    @discardableResult
    func copy(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata

    /// Gives an object another key. At every moment it is complete under the old key or the new one.
    ///
    /// A failed move may be repeated. Once the object has arrived, another try throws `.notFound`.
    ///
    /// - Parameter condition: What must hold of the new key; if it does not, the object stays where it is.
    @discardableResult
    func move(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata

    /// Removes an object; one that isn't there is fine.
    func delete(_ key: String, in bucket: String) async throws
}

/// One version of an object, being read from its beginning to its end by one task at a time.
public protocol ObjectReader: Sendable {
    /// The object as it was when it was opened.
    var metadata: ObjectMetadata { get }

    /// Returns the next bytes, at most `count`; empty at the end of the object.
    ///
    /// - Throws: `.changed` when the object was written to since it was opened, at the latest where the end would be told.
    func read(upTo count: Int) async throws -> [UInt8]

    /// Lets go of the object; reading on is an error, closing again is fine.
    func close() async
}

/// An object being written by one task at a time, invisible until it is finished.
///
/// A writer that is neither finished nor aborted leaves nothing behind when it goes out of use.
public protocol ObjectWriter: Sendable {
    /// Adds bytes at the end.
    func write(_ bytes: [UInt8]) async throws

    /// Makes the object visible as a whole, and ends the writer whatever happens.
    ///
    /// - Throws: `.preconditionFailed` when `condition` does not hold; nothing has changed then.
    @discardableResult
    func finish(condition: PutCondition) async throws -> ObjectMetadata

    /// Drops what was written; after `finish` or another `abort` it does nothing.
    func abort() async
}

extension ObjectStore {
    /// Opens an object of any version for reading.
    public func openReader(_ key: String, in bucket: String) async throws -> any ObjectReader {
        try await openReader(key, in: bucket, ifMatch: nil)
    }

    /// Writes an object in one step over whatever is there.
    @discardableResult
    public func put(_ bytes: [UInt8], as key: String, in bucket: String) async throws -> ObjectMetadata {
        try await put(bytes, as: key, in: bucket, condition: .none)
    }

    /// Returns the first page of the objects whose keys begin with `prefix`.
    public func list(_ bucket: String, prefix: String = "") async throws -> ObjectPage {
        try await list(bucket, prefix: prefix, after: nil, limit: ObjectPage.maximumCount)
    }

    /// Returns what is known of an object, or nil when there is none.
    public func headIfPresent(_ key: String, in bucket: String) async throws -> ObjectMetadata? {
        do {
            return try await head(key, in: bucket)
        } catch let error as ObjectStoreError where error.code == .notFound {
            return nil
        }
    }
}

extension ObjectPage {
    /// Objects in one page at most, as in S3.
    public static let maximumCount = 1_000
}

import Digest
import FileSystem
import Synchronization

/// The ETags of files that have been read, so that a file is read for its ETag once and not at every `head`.
///
/// One is kept with the size and modification time it was worked out at, and holds while those are the file's: in this
/// process by inode, and on disk in the extended attribute ``attribute``, which other processes find and which goes along
/// when the file gets another name. Where there are no extended attributes, each process reads a file once.
final class ETagCache: Sendable {
    /// `SIZE MTIME MD5`: bytes, nanoseconds since 1970, hexadecimal digits.
    static let attribute = "user.turntable.etag"
    /// Files remembered in the process.
    private static let capacity = 4_096
    /// A file changed less than this ago may change again without getting another modification time, whose steps are
    /// those of the kernel's timer, 10 ms at most.
    private static let settlingNanoseconds: Int64 = 20_000_000
    /// Bytes read at once.
    static let blockBytes = 1 << 20

    private struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private struct Entry {
        let byteCount: Int
        let modified: Int64
        let eTag: String
    }

    private let entries = Mutex<[Identity: Entry]>([:])

    /// The file's ETag if it is known.
    func knownETag(of file: File, _ status: FileStatus) -> String? {
        let identity = Identity(device: status.device, inode: status.inode)
        if let entry = entries.withLock({ $0[identity] }), entry.byteCount == status.byteCount,
            entry.modified == status.modifiedNanoseconds
        {
            return entry.eTag
        }
        guard let value = file.extendedAttribute(Self.attribute) else { return nil }
        let parts = String(decoding: value, as: UTF8.self).split(separator: " ")
        guard parts.count == 3, Int(parts[0]) == status.byteCount, Int64(parts[1]) == status.modifiedNanoseconds,
            parts[2].utf8.count == 32
        else { return nil }
        let eTag = String(parts[2])
        remember(eTag, identity, status)
        return eTag
    }

    /// The file's ETag, from the file itself if need be, and the status it belongs to.
    ///
    /// - Parameter acceptsChanges: Whether a file that is being written to has the ETag of what was read.
    /// - Returns: Nil when the file is being written to and changes are not accepted.
    func eTag(
        of file: File, acceptsChanges: Bool = false, _ cancellation: Cancellation
    ) throws -> (eTag: String, status: FileStatus)? {
        for _ in 0..<3 {
            let status = try file.status()
            if let known = knownETag(of: file, status) { return (known, status) }
            let start = FileClock.now
            var hasher = MD5Hasher()
            var offset = 0
            while offset < status.byteCount {
                try cancellation.check()
                let block = try file.read(at: offset, count: min(Self.blockBytes, status.byteCount - offset))
                if block.isEmpty { break }
                hasher.update(block)
                offset += block.count
            }
            let eTag = hex(hasher.finish())
            if offset == status.byteCount, try file.status().hasSameContent(as: status) {
                keep(eTag, of: file, status, readAt: start)
                return (eTag, status)
            }
            if acceptsChanges { return (eTag, status) }
        }
        return nil
    }

    /// Keeps an ETag that was worked out from bytes read since `readAt`, unless the file is too fresh to tell.
    func keep(_ eTag: String, of file: File, _ status: FileStatus, readAt: Int64) {
        guard readAt - status.modifiedNanoseconds > Self.settlingNanoseconds else { return }
        keep(eTag, of: file, status)
    }

    /// Keeps the ETag of a file that nobody else can have written to.
    func keep(_ eTag: String, of file: File, _ status: FileStatus) {
        remember(eTag, Identity(device: status.device, inode: status.inode), status)
        let value = "\(status.byteCount) \(status.modifiedNanoseconds) \(eTag)"
        // A file or file system that takes no attributes costs a second reading, nothing else.
        try? file.setExtendedAttribute(Self.attribute, Array(value.utf8))
    }

    private func remember(_ eTag: String, _ identity: Identity, _ status: FileStatus) {
        let entry = Entry(byteCount: status.byteCount, modified: status.modifiedNanoseconds, eTag: eTag)
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries.removeAll() }
            entries[identity] = entry
        }
    }
}

extension FileStatus {
    /// Whether nothing was written between the two, as far as size and modification time tell.
    func hasSameContent(as other: FileStatus) -> Bool {
        byteCount == other.byteCount && modifiedNanoseconds == other.modifiedNanoseconds && inode == other.inode
            && device == other.device
    }
}

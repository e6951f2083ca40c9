package import Clocks
import FileSystem

/// An object's place: which key in which bucket.
package struct ObjectName: Sendable, Hashable {
    package var bucket: String
    package var key: String

    package init(bucket: String, key: String) {
        self.bucket = bucket
        self.key = key
    }
}

/// By what one version of a file is told from the next without reading it.
package struct ObjectIdentity: Sendable, Hashable {
    package var inode: UInt64
    package var byteCount: Int
    package var modifiedNanoseconds: Int64

    package init(inode: UInt64, byteCount: Int, modifiedNanoseconds: Int64) {
        self.inode = inode
        self.byteCount = byteCount
        self.modifiedNanoseconds = modifiedNanoseconds
    }

    init(_ status: FileStatus) {
        self.init(inode: status.inode, byteCount: status.byteCount, modifiedNanoseconds: status.modifiedNanoseconds)
    }
}

/// Something that happened to an object in a watched bucket.
package struct ObjectChange: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Written, or renamed to this key from outside the buckets.
        case put
        /// Renamed to this key from another key.
        case copy
        case removed
    }

    package var name: ObjectName
    package var kind: Kind
    /// When it was noticed.
    package var time: Timestamp
    /// The version that is there; nil of a removal.
    package var identity: ObjectIdentity?
    /// The version's MD5 in hexadecimal; empty of a removal.
    package var eTag: String

    package init(name: ObjectName, kind: Kind, time: Timestamp, identity: ObjectIdentity? = nil, eTag: String = "") {
        self.name = name
        self.kind = kind
        self.time = time
        self.identity = identity
        self.eTag = eTag
    }
}

/// A version of an object whose arrival has been accepted.
package struct SeenObject: Sendable, Hashable {
    package var identity: ObjectIdentity
    package var eTag: String

    package init(identity: ObjectIdentity, eTag: String) {
        self.identity = identity
        self.eTag = eTag
    }
}

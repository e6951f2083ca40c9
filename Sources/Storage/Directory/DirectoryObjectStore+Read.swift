import Clocks
import Digest
import FileSystem
import Synchronization

extension DirectoryObjectStore {
    func metadata(_ address: ObjectAddress, _ eTag: String, _ status: FileStatus) -> ObjectMetadata {
        ObjectMetadata(
            bucket: address.bucket, key: address.key, byteCount: status.byteCount, eTag: eTag,
            lastModified: Timestamp(microsecondsSinceEpoch: status.modifiedNanoseconds / 1_000))
    }

    static func changed(_ address: ObjectAddress) -> ObjectStoreError {
        address.error(.changed, "the file is being written to; try again when that has ended")
    }

    /// Opens an object and works out its ETag.
    func open(
        _ address: ObjectAddress, ifMatch: String?, _ cancellation: Cancellation
    ) throws -> (object: OpenObject, status: FileStatus, metadata: ObjectMetadata) {
        try address.explaining {
            let object = try folder(of: address).open(address)
            guard let (eTag, status) = try cache.eTag(of: object.file, cancellation) else {
                throw Self.changed(address)
            }
            if let ifMatch { try Self.check(ifMatch, eTag, address) }
            return (object, status, metadata(address, eTag, status))
        }
    }

    private static func check(_ wanted: String, _ eTag: String, _ address: ObjectAddress) throws(ObjectStoreError) {
        guard ETag.matches(wanted, eTag) else {
            throw address.error(.preconditionFailed, "the object's ETag is \(eTag), not \(wanted)")
        }
    }

    /// Reads an object once, for its content and its ETag.
    func readWhole(_ address: ObjectAddress, _ maximumByteCount: Int, _ cancellation: Cancellation) throws -> Object {
        try address.explaining {
            let object = try folder(of: address).open(address)
            let status = object.status
            guard status.byteCount <= maximumByteCount else {
                throw ObjectStoreError.tooLarge("get", address.bucket, address.key, status.byteCount, maximumByteCount)
            }
            let start = FileClock.now
            let bytes = try readAll(object.file, 0..<status.byteCount, cancellation)
            guard bytes.count == status.byteCount, try object.file.status().hasSameContent(as: status) else {
                throw Self.changed(address)
            }
            let eTag: String
            if let known = cache.knownETag(of: object.file, status) {
                eTag = known
            } else {
                eTag = md5(bytes)
                cache.keep(eTag, of: object.file, status, readAt: start)
            }
            return Object(metadata: metadata(address, eTag, status), bytes: bytes)
        }
    }

    func readRange(
        _ address: ObjectAddress, _ range: Range<Int>, _ ifMatch: String?, _ cancellation: Cancellation
    ) throws -> [UInt8] {
        try address.explaining {
            let object = try folder(of: address).open(address)
            var status = object.status
            if let ifMatch {
                guard let found = try cache.eTag(of: object.file, cancellation) else { throw Self.changed(address) }
                try Self.check(ifMatch, found.eTag, address)
                status = found.status
            }
            try ObjectStoreError.check(range, of: status.byteCount, address.operation, address.bucket, address.key)
            let wanted = range.lowerBound..<min(range.upperBound, status.byteCount)
            let bytes = try readAll(object.file, wanted, cancellation)
            guard bytes.count == wanted.count, try object.file.status().hasSameContent(as: status) else {
                throw Self.changed(address)
            }
            return bytes
        }
    }

    private func readAll(_ file: File, _ range: Range<Int>, _ cancellation: Cancellation) throws -> [UInt8] {
        // In blocks so that a cancelled task does not wait for gigabytes; small objects are one.
        var bytes: [UInt8] = []
        while bytes.count < range.count {
            try cancellation.check()
            let count = min(16 << 20, range.count - bytes.count)
            let block = try file.read(at: range.lowerBound + bytes.count, count: count)
            if block.isEmpty { break }
            if bytes.isEmpty {
                bytes = block
                if bytes.count < range.count { bytes.reserveCapacity(range.count) }
            } else {
                bytes += block
            }
        }
        return bytes
    }
}

/// Reads one version of a file; the file may get another name or none meanwhile.
final class DirectoryReader: ObjectReader {
    let metadata: ObjectMetadata
    private let status: FileStatus
    private let address: ObjectAddress
    private let store: DirectoryObjectStore
    /// The file and the bytes read of it, or nil once closed.
    private let state: Mutex<(file: File, position: Int)?>

    init(
        _ file: File, _ status: FileStatus, _ metadata: ObjectMetadata, _ address: ObjectAddress,
        _ store: DirectoryObjectStore
    ) {
        self.status = status
        self.metadata = metadata
        self.address = address
        self.store = store
        state = Mutex((file, 0))
    }

    func read(upTo count: Int) async throws -> [UInt8] {
        precondition(count > 0, "a read takes at least one byte")
        return try await store.onThread { _ in try self.readNext(count) }
    }

    private func readNext(_ count: Int) throws -> [UInt8] {
        guard let (file, position) = state.withLock({ $0 }) else {
            throw ObjectStoreError.closed("read", address.bucket, address.key)
        }
        return try address.explaining {
            let wanted = min(count, status.byteCount - position)
            let bytes = wanted == 0 ? [] : try file.read(at: position, count: wanted)
            // The status is looked at after the bytes: then it speaks for them. Before the end is told it must be right.
            guard bytes.count == wanted, try file.status().hasSameContent(as: status) else {
                throw DirectoryObjectStore.changed(address)
            }
            state.withLock { if $0 != nil { $0?.position = position + wanted } }
            return bytes
        }
    }

    func close() async { state.withLock { $0 = nil } }
}

/// The rules of keys and bucket names that hold in every store.
enum ObjectKey {
    /// Bytes of UTF-8 in a key at most, as in S3.
    static let maximumByteCount = 1_024

    static func check(_ key: String, in bucket: String, _ operation: String) throws(ObjectStoreError) {
        try checkBucket(bucket, operation)
        if let fault = fault(of: key) {
            throw ObjectStoreError(.invalidKey, operation: operation, bucket: bucket, key: key, detail: fault)
        }
    }

    static func checkBucket(_ bucket: String, _ operation: String) throws(ObjectStoreError) {
        if let fault = fault(ofBucket: bucket) {
            throw ObjectStoreError(.invalidKey, operation: operation, bucket: bucket, key: nil, detail: fault)
        }
    }

    private static func fault(of key: String) -> String? {
        if key.isEmpty { return "the key is empty" }
        if key.utf8.count > maximumByteCount {
            return "the key has \(key.utf8.count) bytes of UTF-8; \(maximumByteCount) are allowed"
        }
        return nil
    }

    /// What is wrong with a bucket name by S3's rules for general purpose buckets, or nil.
    static func fault(ofBucket name: String) -> String? {
        func isAlphanumeric(_ byte: UInt8?) -> Bool {
            guard let byte else { return false }
            return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        let bytes = name.utf8
        guard (3...63).contains(bytes.count) else {
            return "a bucket name has 3 to 63 characters, this one \(bytes.count)"
        }
        guard bytes.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }) else {
            return "a bucket name has lower-case letters, digits, dots and hyphens only"
        }
        guard isAlphanumeric(bytes.first), isAlphanumeric(bytes.last) else {
            return "a bucket name begins and ends with a letter or digit"
        }
        guard !name.contains("..") else { return "a bucket name has no two dots in a row" }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count != 4 || !parts.allSatisfy({ UInt8($0) != nil }) else {
            return "a bucket name does not look like an IP address"
        }
        return nil
    }
}

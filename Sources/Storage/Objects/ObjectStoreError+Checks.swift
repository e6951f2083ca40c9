extension ObjectStoreError {
    static func tooLarge(_ operation: String, _ bucket: String, _ key: String, _ count: Int, _ limit: Int)
        -> ObjectStoreError
    {
        ObjectStoreError(
            .tooLarge, operation: operation, bucket: bucket, key: key,
            detail: "the object has \(count) bytes; the caller takes \(limit)")
    }

    static func closed(_ operation: String, _ bucket: String, _ key: String) -> ObjectStoreError {
        ObjectStoreError(
            .closed, operation: operation, bucket: bucket, key: key, detail: "it was closed, finished or aborted before"
        )
    }

    /// Throws unless `range` begins inside an object of `byteCount` bytes; an empty range at its end is fine.
    static func check(
        _ range: Range<Int>, of byteCount: Int, _ operation: String, _ bucket: String, _ key: String
    ) throws(ObjectStoreError) {
        guard range.lowerBound >= 0, range.lowerBound < byteCount || (range.isEmpty && range.lowerBound == byteCount)
        else {
            throw ObjectStoreError(
                .invalidRange, operation: operation, bucket: bucket, key: key,
                detail: "the range begins at byte \(range.lowerBound); the object has \(byteCount) bytes")
        }
    }

    /// Throws unless `condition` holds of the ETag that is there, nil being none.
    static func check(
        _ condition: PutCondition, _ eTag: String?, _ operation: String, _ bucket: String, _ key: String
    ) throws(ObjectStoreError) {
        let fault: String
        switch (condition, eTag) {
        case (.none, _), (.ifAbsent, nil): return
        case (.ifAbsent, _?): fault = "there is an object already"
        case (.ifMatch(let wanted), let found?):
            if ETag.matches(wanted, found) { return }
            fault = "the object there has the ETag \(found), not \(wanted)"
        case (.ifMatch(let wanted), nil): fault = "there is no object with the ETag \(wanted), nor any other"
        }
        throw ObjectStoreError(.preconditionFailed, operation: operation, bucket: bucket, key: key, detail: fault)
    }

    static func checkedLimit(_ limit: Int, _ bucket: String) throws(ObjectStoreError) -> Int {
        guard limit > 0 else {
            throw ObjectStoreError(
                .invalidRange, operation: "list", bucket: bucket, key: nil,
                detail: "a page of \(limit) objects was asked for")
        }
        return min(limit, ObjectPage.maximumCount)
    }
}

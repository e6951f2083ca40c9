import JSON

/// What a function that reports failures item by item says of a batch (`ReportBatchItemFailures`).
///
/// An empty answer, `null` and an empty list mean that all is done. Anything that is not understood, such as an identifier
/// that is none of the batch's, means that nothing is ("Implementing partial batch responses"). The guide does not say what
/// an object without `batchItemFailures` means; here it is not understood, so that a misspelled name loses no message.
package enum BatchResponse: Sendable, Hashable {
    case done
    /// These failed.
    case failed(Set<String>)
    /// All failed, for this reason.
    case malformed(String)

    /// - Parameter ids: Those of the batch.
    package init(_ answer: [UInt8], ids: Set<String>) {
        if answer.isEmpty {
            self = .done
            return
        }
        guard let json = try? JSONValue(parsing: answer) else {
            self = .malformed("its answer is no JSON")
            return
        }
        if json.isNull {
            self = .done
            return
        }
        guard let members = json.objectValue else {
            self = .malformed("its answer is \(json.kindName), not an object with batchItemFailures")
            return
        }
        if members.isEmpty {
            self = .done
            return
        }
        guard let list = members["batchItemFailures"] else {
            self = .malformed("its answer has no batchItemFailures")
            return
        }
        if list.isNull {
            self = .done
            return
        }
        guard let items = list.arrayValue else {
            self = .malformed("batchItemFailures is \(list.kindName), not a list")
            return
        }
        var failed: Set<String> = []
        for item in items {
            guard let id = item["itemIdentifier"]?.stringValue, !id.isEmpty else {
                self = .malformed("one of the batchItemFailures has no itemIdentifier")
                return
            }
            guard ids.contains(id) else {
                self = .malformed("one of the batchItemFailures names no message of the batch")
                return
            }
            failed.insert(id)
        }
        self = failed.isEmpty ? .done : .failed(failed)
    }
}

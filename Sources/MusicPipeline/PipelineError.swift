import Storage

/// Why a step of the pipeline can't go on; the type is what a state machine's retriers and catchers match.
package struct PipelineError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable {
        case referenceMissing = "ReferenceMissing"
        case referenceInvalid = "ReferenceInvalid"
        case objectMissing = "ObjectMissing"
        case leaseHeld = "LeaseHeld"
        case throttled = "Throttled"
        case malformedEvent = "MalformedEvent"
        case storeFailed = "StoreFailed"
        case configurationInvalid = "ConfigurationInvalid"
        case superseded = "MergeSuperseded"
        case notSplittable = "NotSplittable"
        case splitBegun = "SplitBegun"
        case tooManyListeners = "TooManyListeners"
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The name on the wire.
    package var errorType: String { code.rawValue }
    package var errorMessage: String { message }
    package var description: String { "\(code.rawValue): \(message)" }

    /// The error of a step, from whatever a store threw: what is worth a retry is told from what is not.
    package static func of(_ error: any Error) -> any Error {
        switch error {
        case let error as TableError where error.isTransient: PipelineError(.throttled, "\(error)")
        case let error as TableError: PipelineError(.storeFailed, "\(error)")
        case let error as ObjectStoreError where error.code == .notFound || error.code == .notAnObject:
            PipelineError(.objectMissing, "\(error)")
        case let error as ObjectStoreError: PipelineError(.storeFailed, "\(error)")
        default: error
        }
    }
}

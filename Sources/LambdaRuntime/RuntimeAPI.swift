import Clocks
import JSON

/// The other side of a function's process: hands out invocations and takes answers.
///
/// A seam, so that the loop is tested without sockets; ``HTTPRuntimeAPI`` is the real one.
protocol RuntimeAPI {
    /// Waits for the next invocation, as long as that takes.
    func next() throws(RuntimeAPIError) -> Invocation
    /// Hands over the output of an invocation.
    func respond(to requestID: String, _ output: [UInt8]) throws(RuntimeAPIError) -> PostOutcome
    /// Says that an invocation failed.
    func fail(_ requestID: String, _ report: ErrorReport) throws(RuntimeAPIError) -> PostOutcome
    /// Says that the function could not start; the process must then end.
    func failInitialization(_ report: ErrorReport) throws(RuntimeAPIError) -> PostOutcome
}

/// One event and what came with it.
struct Invocation: Equatable {
    var requestID: String
    var deadlineMilliseconds: Int64?
    var invokedFunctionARN: String?
    var traceID: String?
    var clientContext: String?
    var cognitoIdentity: String?
    var tenantID: String?
    /// What time it is, where that is not the machine's.
    var time: Timestamp?
    var event: [UInt8]
}

/// What became of an answer.
enum PostOutcome: Equatable {
    /// 202.
    case accepted
    /// 413: the invocation has ended with an error of the service's own.
    case tooLarge
    /// 400 or 403: the service no longer waits for this answer, such as after a timeout.
    case refused(status: Int, reason: String)
}

/// Why the runtime API can't be talked to.
struct RuntimeAPIError: Error, Equatable, CustomStringConvertible {
    enum Code: Equatable {
        /// No answer came; whether the request was carried out may be unknown.
        case transport
        /// An answer with a status that the protocol has no way on from.
        case unexpectedStatus(Int)
        /// An invocation without what every one has.
        case malformedInvocation
    }

    let code: Code
    let description: String
}

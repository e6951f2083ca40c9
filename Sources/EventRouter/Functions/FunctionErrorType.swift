/// The error names that the emulated Lambda itself gives; functions name their own.
package enum FunctionErrorType {
    /// The process ended without an answer: its own doing, a signal, or too much memory.
    package static let exit = "Runtime.ExitError"
    /// The answer was not there by the function's time limit.
    package static let timeout = "Sandbox.Timedout"
    /// The program is missing or can't be run.
    package static let invalidEntrypoint = "Runtime.InvalidEntrypoint"
    /// In reports only: the error itself is ``exit``, as on AWS.
    package static let outOfMemory = "Runtime.OutOfMemory"
    /// The answer is larger than 6,291,556 bytes.
    package static let responseTooLarge = "Function.ResponseSizeTooLarge"
    /// A response mode other than `streaming`.
    package static let invalidResponseMode = "Runtime.InvalidResponseModeHeader"
    /// An error report that names no type.
    package static let unknown = "Lambda.Unknown"
    /// No process was free in time.
    package static let throttled = "Lambda.TooManyRequestsException"
    package static let notFound = "Lambda.ResourceNotFoundException"
    /// The function was called too often in one chain of calls.
    package static let recursion = "Lambda.RecursiveInvocationException"
    package static let requestTooLarge = "Lambda.RequestTooLargeException"
    /// The router is stopping, or could not open what a process needs.
    package static let service = "Lambda.ServiceException"
    /// The caller gave up waiting; the function may still be running.
    package static let aborted = "Turntable.Aborted"
}

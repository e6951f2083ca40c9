/// What a function's processes do and have done.
package struct FunctionStatistics: Sendable, Hashable {
    /// Processes that work or are being started.
    package var active = 0
    /// Processes that wait for an event.
    package var idle = 0
    /// Calls in line.
    package var queued = 0
    /// Processes started so far.
    package var started = 0
    package var invocations = 0
    package var coldStarts = 0
    /// Invocations that failed, starts included.
    package var errors = 0
    package var throttles = 0

    package init() {}
}

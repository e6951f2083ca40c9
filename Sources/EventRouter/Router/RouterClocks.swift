import Clocks

/// The two times that a router lives by.
///
/// Waits, retries, timeouts of states, heartbeats, schedules, sensor polls, retention and every time that is recorded or told are
/// of the `pipeline`'s clock. What the machine takes its time for is of the `machine`'s: the start, time limit and end of function
/// processes, files that are being written, tries of a disk that fails, answers over HTTP. Without a virtual clock they are
/// the same.
struct RouterClocks: Sendable {
    let pipeline: any WallClock
    let machine: any WallClock
    /// The pipeline's clock when it is moved by hand.
    let virtual: VirtualClock?

    /// The clocks of a mode; a virtual one begins where it was, and never before what is recorded.
    init(
        _ mode: RouterSettings.ClockMode, machine: any WallClock, store: ExecutionStore,
        report: (RouterRemark) -> Void
    ) async throws(ExecutionError) {
        self.machine = machine
        let kept = try await store.virtualTime()
        switch mode {
        case .system:
            pipeline = machine
            virtual = nil
            if let kept, kept > machine.now {
                report(
                    RouterRemark(
                        "the virtual clock of this data folder stood at \(kept), later than now: what it had to wait for then "
                            + "waits until that time"))
            }
        case .virtual(let wanted):
            var start = wanted ?? kept ?? machine.now
            if let earliest = [kept, try await store.latestRecordedTime()].compactMap({ $0 }).max(), start < earliest {
                start = earliest
                if wanted != nil {
                    report(RouterRemark("the clock begins at \(start): this data folder has been there already"))
                }
            }
            try await store.keepVirtualTime(start)
            let clock = VirtualClock(now: start) { try await store.keepVirtualTime($0) }
            pipeline = clock
            virtual = clock
        }
    }
}

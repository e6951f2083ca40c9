import Clocks
import EventRouter
import FileSystem
import Storage
import Synchronization
import Template

/// A router that lives until it is killed: all parts that decide and remember, over functions that the world holds.
final class SimulatedRouter: Sendable {
    let core: RouterCore
    let functions: HeldFunctions
    private let running: Task<Void, any Error>
    private let end = Mutex<Task<Void, Never>?>(nil)

    private init(core: RouterCore, functions: HeldFunctions, running: Task<Void, any Error>) {
        self.core = core
        self.functions = functions
        self.running = running
    }

    /// Starts a router on a store, which may be one that a killed router left.
    ///
    /// - Throws: What the store throws, when the router is killed while it starts.
    static func start(
        _ settings: RouterSettings, routes: EventRoutes, store path: String, kill: KillSwitch, clock: VirtualClock,
        entropy: any Entropy, delivery: ChaoticDelivery, report: @escaping @Sendable (String) -> Void
    ) async throws -> SimulatedRouter {
        let store = try await ExecutionStore(path: path, watch: { try kill.pass($0) })
        let functions = HeldFunctions()
        var limits = ExecutionEngine.Limits()
        limits.gathersAnswers = false
        // How many steps are ready when the engine looks depends on the machine; how many there are in all does not.
        limits.batchCount = 1
        let core = RouterCore(
            settings.application, routes: routes, store: store, functions: functions, stores: settings.data.stores,
            queueFolder: settings.data.queues, clock: clock, machineClock: StandingClock(clock), entropy: entropy,
            schedule: delivery, limits: limits
        ) { report("\($0)") }
        // Whatever tries a dead store again and again must be told to stop, or the clock would never stand still.
        kill.onKill { Task { await core.engine.shutdown(grace: .zero) } }
        do {
            try await core.register()
            try await core.begin { report("\($0)") }
            // What was due while there was no router comes before what is still to be delivered, or as it happens.
            try await clock.waitUntilIdle()
            if kill.isKilled { throw KillSwitch.Killed() }
        } catch {
            functions.close()
            await core.engine.shutdown(grace: .zero)
            throw error
        }
        let runHold = clock.hold()
        let running = Task { try await core.dispatcher.run(releasing: runHold) }
        let router = SimulatedRouter(core: core, functions: functions, running: running)
        kill.onKill { _ = router.ending() }
        return router
    }

    /// Ends all that goes on in memory; what the store holds is all that is left.
    func kill() async { await ending().value }

    private func ending() -> Task<Void, Never> {
        end.withLock { end in
            if let end { return end }
            let task = Task { [functions, running, core] in
                functions.close()
                running.cancel()
                await core.engine.shutdown(grace: .zero)
                _ = await running.result
            }
            end = task
            return task
        }
    }
}

/// The time of what waits for the machine: disks that fail are tried again at once, because here they fail only when the router
/// is being killed.
struct StandingClock: WallClock {
    let clock: VirtualClock

    init(_ clock: VirtualClock) { self.clock = clock }

    var now: Timestamp { clock.now }

    func sleep(until deadline: Timestamp) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// Decides at each write of a router to its store whether it is killed there.
final class KillSwitch: Sendable {
    private struct State {
        var onKill: (@Sendable () -> Void)?
        var isKilled = false
        var isTorn = false
        var writeCount = 0
        var logByteCount = 0
        var isQuiet = false
    }

    struct Killed: Error {}

    private let plan: FaultPlan
    private let chance: Chance
    private let note: @Sendable (Fault) -> Void
    private let onPoint: @Sendable (String) -> Void
    private let path: Mutex<String>
    private let state = Mutex(State())

    init(
        plan: FaultPlan, chance: Chance, path: String, onPoint: @escaping @Sendable (String) -> Void,
        onStrike: @escaping @Sendable (Fault) -> Void
    ) {
        self.plan = plan
        self.chance = chance
        note = onStrike
        self.onPoint = onPoint
        self.path = Mutex(path)
    }

    var isKilled: Bool { state.withLock { $0.isKilled } }
    /// Whether the last kill left a torn log, in files of its own.
    var isTorn: Bool { state.withLock { $0.isTorn } }

    /// A new router lives on the store at `path`.
    func revive(_ path: String) {
        self.path.withLock { $0 = path }
        state.withLock {
            $0.isKilled = false
            $0.isTorn = false
            $0.onKill = nil
        }
    }

    /// Has `action` called once when the router is killed, at once if it has been.
    func onKill(_ action: @escaping @Sendable () -> Void) {
        let isKilled = state.withLock { state in
            state.onKill = action
            return state.isKilled
        }
        if isKilled { action() }
    }

    private func kill(torn: Bool, _ fault: Fault) {
        let action = state.withLock { state in
            state.isKilled = true
            state.isTorn = torn
            return state.onKill
        }
        note(fault)
        action?()
    }

    /// From now on nothing is killed.
    func quieten() { state.withLock { $0.isQuiet = true } }

    /// Called by the store.
    func pass(_ moment: ExecutionStore.Moment) throws {
        let (isKilled, isQuiet, number) = state.withLock { state in
            if case .writing = moment, !state.isKilled { state.writeCount += 1 }
            return (state.isKilled, state.isQuiet, state.writeCount)
        }
        if isKilled { throw Killed() }
        guard !isQuiet else { return }
        let path = path.withLock { $0 }
        switch moment {
        case .reading: return
        case .writing:
            onPoint("router before a write")
            if plan.strikes(.tornWrite, "write \(number)") {
                state.withLock { $0.logByteCount = Self.byteCount("\(path)-wal") }
            }
            try strike(.routerCrash, "write \(number) before")
        case .written:
            onPoint("router after a write")
            if plan.strikes(.tornWrite, "write \(number)") {
                onPoint("router within a write")
                try tear(path, number)
            }
            try strike(.routerCrash, "write \(number) after")
        }
    }

    private func strike(_ kind: FaultKind, _ site: String) throws {
        guard plan.strikes(kind, site) else { return }
        kill(torn: false, Fault(kind: kind, site: site))
        throw Killed()
    }

    /// Leaves copies of the store's files as a kill in the middle of the last transaction's write would have left them.
    private func tear(_ path: String, _ number: Int) throws {
        let before = state.withLock { $0.logByteCount }
        let after = Self.byteCount("\(path)-wal")
        // After a checkpoint the log begins anew, and there is no saying where the transaction begins.
        guard after > before, let log = try? FileSystem.readFile("\(path)-wal"), log.count == after else { return }
        let kept = before + chance.number("torn|\(number)", below: after - before)
        let target = Self.successor(path)
        try FileSystem.copyFile(path, to: target)
        try FileSystem.writeFileAtomically("\(target)-wal", Array(log[..<kept]))
        kill(torn: true, Fault(kind: .tornWrite, site: "write \(number)"))
        throw Killed()
    }

    /// Where the files of a torn store are: `executions.sqlite`, `executions.sqlite+`, ...
    static func successor(_ path: String) -> String { "\(path)+" }

    private static func byteCount(_ path: String) -> Int { (try? FileSystem.status(path))?.byteCount ?? 0 }
}

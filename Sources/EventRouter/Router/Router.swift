package import Clocks
import HTTPServer
import JSON
import Storage
import Template

/// All parts of a router, put together over one data folder.
///
/// Made in the order in which they need each other: the folder's lock, the store, the functions, the engine with what it
/// was running before, the way in for what arrives, and at last the port. Ended in the reverse order.
package actor Router {
    package typealias Report = @Sendable (RouterRemark) -> Void

    /// The port of the API.
    package nonisolated let port: UInt16

    private let settings: RouterSettings
    private let lock: DataFolderLock
    private let pool: FunctionPool
    private let engine: ExecutionEngine
    private let dispatcher: DeliveryDispatcher
    private let server: HTTPServer
    private let watcher: BucketWatcher?
    private let poller: SensorPoller?
    private let scheduler: ScheduleRunner?
    private let sources: [QueueSource]
    private let clocks: RouterClocks
    /// Keeps a virtual clock where it is until all parts work.
    private let startHold: ClockHold
    private let report: Report

    /// Starts a router: what was running goes on, and the API answers.
    ///
    /// - Parameter machineClock: The machine's time, and the pipeline's too unless the settings ask for a virtual clock.
    /// - Throws: ``ExecutionError`` with code `.folderLocked` when another router has the folder; ``RouterError`` when the
    ///   template can't be run or a function has no executable; `HTTPServerError` when the port is in use.
    package init(
        settings: RouterSettings, machineClock: any WallClock = SystemClock(), entropy: any Entropy,
        report: @escaping Report
    ) async throws {
        let application = settings.application
        let configurations = try application.functions.map { try FunctionConfiguration($0, settings: settings) }
        let (routes, findings) = EventRoutes.compile(application)
        guard !findings.contains(where: { $0.severity == .error }) else {
            throw RouterError(code: .templateInvalid, findings.map { "\($0)" }.joined(separator: "\n"))
        }
        try settings.data.create(buckets: application.buckets.map(\.name))
        let lock = try DataFolderLock(folder: settings.data.root)
        let store = try await ExecutionStore(path: settings.data.executions)
        let clocks = try await RouterClocks(settings.clock, machine: machineClock, store: store, report: report)
        let (clock, machineClock) = (clocks.pipeline, clocks.machine)
        let startHold = clock.hold()
        let objects = settings.data.objectStore()
        let pool = try FunctionPool(
            functions: configurations, logFolder: settings.data.logs, clock: clock, entropy: entropy)
        let core = RouterCore(
            application, routes: routes, store: store, functions: pool, stores: settings.data.stores,
            queueFolder: settings.data.queues, clock: clock, machineClock: machineClock, entropy: entropy,
            report: report)
        let (engine, dispatcher, intake, queues) = (core.engine, core.dispatcher, core.intake, core.queues)
        do {
            if let mocks = settings.mocks { await engine.use(mocks) }
            try await core.register()
            let states = StatesAPI(
                store: store, engine: engine, clock: clock, entropy: entropy, account: application.account)
            for remark in try await states.restore(application.stateMachines) { report(RouterRemark(remark)) }
            try await core.begin(report: report)
            let invoke = InvokeAPI(pool: pool) { request in await dispatcher.enqueue(request) }
            let front = FrontDoor(
                invoke: invoke, states: states, queues: QueueAPI(queues: queues), clock: ClockAPI(clocks)
            ) {
                let counts = (try? await store.counts()) ?? [:]
                let executions = ExecutionStatus.allCases.filter { $0 != .pendingRedrive }.map {
                    ($0.rawValue, JSONValue.int(counts[$0] ?? 0))
                }
                return ["executions": .object(JSONObject(executions))]
            }
            server = try HTTPServer(limits: FrontDoor.limits, answersOversizedBodies: false) {
                await front.respond(to: $0)
            }
            port = try server.listen(port: settings.port)
            switch settings.arrivalMode {
            case .watch:
                watcher = try BucketWatcher(
                    root: settings.data.buckets, buckets: intake.routes.watchedBuckets, objects: objects,
                    journal: intake, clock: clock, machineClock: machineClock
                ) { report(RouterRemark("\($0)")) }
                poller = nil
                // What a function wrote is taken in at the time at which it was written.
                clocks.virtual?.addBarrier { [watcher] in await watcher?.catchUp() }
            case .poll:
                watcher = nil
                poller =
                    application.sensors.isEmpty
                    ? nil
                    : try SensorPoller(
                        sensors: application.sensors, objects: objects, store: store, intake: intake, clock: clock,
                        entropy: entropy
                    ) { report(RouterRemark("\($0)")) }
            }
        } catch {
            await engine.shutdown(grace: .zero)
            await pool.shutdown(grace: .zero)
            lock.release()
            throw error
        }
        scheduler =
            routes.schedules.isEmpty
            ? nil
            : ScheduleRunner(store: store, intake: intake, clock: clock, machineClock: machineClock) {
                report(RouterRemark("\($0)"))
            }
        sources = application.queueMappings.compactMap { mapping in
            QueueSource(
                mapping, queues: queues, functions: pool,
                allowsLoops: application.functions.contains { $0.arn == mapping.functionARN && $0.allowsLoops },
                clock: clock, machineClock: machineClock
            ) { report(RouterRemark("\($0)")) }
        }
        self.clocks = clocks
        self.startHold = startHold
        self.settings = settings
        self.lock = lock
        self.pool = pool
        self.engine = engine
        self.dispatcher = dispatcher
        self.report = report
    }

    /// Works until the task is cancelled.
    ///
    /// - Throws: `CancellationError` then; anything else is a part that could not go on.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (dispatcher, watcher, poller, scheduler) = (dispatcher, watcher, poller, scheduler)
            let clock = clocks.pipeline
            let holds = [clock.hold(), clock.hold(), clock.hold(), clock.hold()]
            group.addTask { try await dispatcher.run(releasing: holds[0]) }
            if let watcher { group.addTask { try await watcher.run(releasing: holds[1]) } } else { holds[1].release() }
            if let poller { group.addTask { try await poller.run(releasing: holds[2]) } } else { holds[2].release() }
            if let scheduler {
                group.addTask { try await scheduler.run(releasing: holds[3]) }
            } else {
                holds[3].release()
            }
            for source in sources {
                let hold = clock.hold()
                group.addTask { try await source.run(releasing: hold) }
            }
            startHold.release()
            // The first part that ends, ends all.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Ends the router: running work gets the grace time, what is not done then goes on at the next start.
    package func shutdown() async {
        await server.shutdown(grace: .seconds(1))
        await engine.shutdown(grace: settings.grace)
        await pool.shutdown(grace: .seconds(1))
        lock.release()
    }
}

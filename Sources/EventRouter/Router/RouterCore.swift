package import Clocks
import JSON
package import Storage
package import Template

/// The parts of a router that remember and decide, over whatever runs functions and tells of arrivals.
package struct RouterCore: Sendable {
    package let store: ExecutionStore
    package let engine: ExecutionEngine
    package let dispatcher: DeliveryDispatcher
    package let intake: ArrivalIntake
    let queues: MessageQueues
    private let application: Application

    /// - Parameters:
    ///   - stores: What service tasks read and write.
    ///   - queueFolder: Where queues and topics are that the template does not have.
    ///   - machineClock: The time of disks that fail.
    package init(
        _ application: Application, routes: EventRoutes, store: ExecutionStore, functions: any FunctionInvoking,
        stores: Stores, queueFolder: String, clock: any WallClock, machineClock: any WallClock, entropy: any Entropy,
        schedule: any DeliverySchedule = PoliteDelivery(), limits: ExecutionEngine.Limits = ExecutionEngine.Limits(),
        report: @escaping @Sendable (RouterRemark) -> Void
    ) {
        self.application = application
        self.store = store
        engine = ExecutionEngine(
            store: store, functions: functions, clock: clock, machineClock: machineClock, entropy: entropy,
            limits: limits)
        queues = MessageQueues(
            application.queues, store: store, folder: queueFolder, clock: clock, machineClock: machineClock,
            entropy: entropy, account: application.account)
        dispatcher = DeliveryDispatcher(
            store: store, functions: functions, executions: engine, queues: queues, routes: routes, clock: clock,
            machineClock: machineClock, entropy: entropy
        ) { report(RouterRemark("\($0)")) }
        intake = ArrivalIntake(
            store: store, routes: routes, schedule: schedule, clock: clock, entropy: entropy, dispatcher: dispatcher)
        services = ServiceTasks(
            objects: stores.objects,
            tables: { name in
                application.tables.first { $0.name == name || $0.arn == name }.map { stores.table(TableSchema($0)) }
            },
            queues: queues, engine: engine, intake: intake, functions: functions,
            mapped: application.integrations, clock: clock, entropy: entropy)
    }

    private let services: ServiceTasks

    /// Makes the template's state machines known.
    package func register() async throws {
        await engine.use(services)
        await engine.use(StatusEvents(bus: intake.bus, dispatcher: dispatcher))
        for machine in application.stateMachines { try await engine.register(MachineDefinition(machine)) }
    }

    /// Refuses machines that ask for what nobody serves, and goes on with what was running.
    package func begin(report: (RouterRemark) -> Void) async throws {
        for machine in application.stateMachines { try await engine.checkServices(of: machine.arn) }
        let recovery = try await engine.recover()
        if recovery.continued > 0 { report(RouterRemark("going on with \(recovery.continued) executions")) }
        for failure in recovery.failed { report(RouterRemark("\(failure.arn) can't go on: \(failure.reason)")) }
    }
}

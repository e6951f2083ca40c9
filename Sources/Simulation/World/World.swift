import CLinux
import Clocks
import Digest
package import EventRouter
import FileSystem
import JSON
import SimulationLink
import Storage
import Synchronization
import Template

/// One world: a data folder, files that arrive, real function processes that are held at everything others can see, a router
/// that may be killed, and a clock that goes from one happening to the next.
///
/// One thing happens at a time, and what comes next depends on the plan alone; so a plan always gives the same world.
package actor World {
    /// What a world needs to know of where it runs.
    package struct Place: Sendable {
        /// With the data folder, which must be empty or absent.
        package var settings: RouterSettings
        /// Variables that functions get beside the template's.
        package var environment: [String: String]

        package init(settings: RouterSettings, environment: [String: String] = [:]) {
            self.settings = settings
            self.environment = environment
        }
    }

    /// Happenings of one world at most: more are no delivery but a loop.
    static let happeningLimit = 200_000
    /// Rounds in which what failed is delivered once more, with nothing going wrong.
    static let repairLimit = 3

    private nonisolated let thread = SerialThread(name: "world")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    let plan: WorldPlan
    let scenario: any Scenario
    let place: Place
    let routes: EventRoutes
    let clock: VirtualClock
    let entropy: SeededEntropy
    var faultPlan: FaultPlan
    let chance: Chance
    let record: WorldRecord

    var files: [WorldFile] = []
    var queue: [Happening] = []
    var happeningCount = 0
    var router: SimulatedRouter?
    var storePath: String
    let killSwitch: KillSwitch
    let delivery: ChaoticDelivery

    var configurations: [String: FunctionConfiguration] = [:]
    var logs: [String: File] = [:]
    var idle: [String: [HandlerProcess]] = [:]
    var processCount = 0
    var working: [Int: Work] = [:]
    var workCount = 0
    var ordinals: [String: Int] = [:]
    /// Until when stores fail a function for a file: `FUNCTION of FILE`.
    var outages: [String: Timestamp] = [:]
    var arrivalCounts: [Int: Int] = [:]

    package init(_ plan: WorldPlan, scenario: any Scenario, place: Place) throws {
        self.plan = plan
        self.scenario = scenario
        self.place = place
        let (routes, findings) = EventRoutes.compile(place.settings.application)
        guard !findings.contains(where: { $0.severity == .error }) else {
            throw SimulationError(findings.map { "\($0)" }.joined(separator: "\n"))
        }
        self.routes = routes
        let clock = VirtualClock(now: WorldPlan.beginning)
        self.clock = clock
        chance = plan.chance
        entropy = SeededEntropy(seed: plan.seed)
        faultPlan = FaultPlan(seed: plan.seed, kinds: plan.kinds, only: plan.faults)
        let record = WorldRecord()
        self.record = record
        storePath = place.settings.data.executions
        killSwitch = KillSwitch(
            plan: faultPlan, chance: chance, path: storePath, onPoint: { record.pass($0) },
            onStrike: { record.strike($0, at: clock.now, "the router is killed at \($0.site)") })
        delivery = ChaoticDelivery(plan: faultPlan, chance: chance) { fault in
            record.strike(fault, at: clock.now, "\(fault.kind.rawValue) of \(fault.site)")
        }
    }

    /// Lives the world to its rest and looks at what it came to.
    ///
    /// - Throws: ``SimulationError`` when the world itself could not be made; `CancellationError`.
    package func run() async throws -> WorldResult {
        do {
            return try await liveAndLook()
        } catch {
            await end()
            throw error
        }
    }

    private func liveAndLook() async throws -> WorldResult {
        try prepare()
        try await startRouter()
        try await live()
        var violations = record.violations
        violations += try await unfinished()
        violations += try await repair()
        await end()
        try settleStore()
        violations += try await scenario.violations(data: place.settings.data.root, files: arrivedFiles)
        let digest = try await WorldDigest.of(place.settings.data, application: place.settings.application)
        return WorldResult(
            plan: plan, violations: violations, faults: record.faults, points: record.points,
            struckPoints: record.struckPoints, digest: digest.text, executions: digest.executions,
            invocations: workCount, acts: record.actCount, virtualDuration: clock.now - WorldPlan.beginning,
            timeline: record.timeline)
    }

    // MARK: - The beginning

    private func prepare() throws {
        let settings = place.settings
        for function in settings.application.functions {
            let configuration = try FunctionConfiguration(function, settings: settings)
            configurations[function.name] = configuration
            configurations[function.arn] = configuration
        }
        try settings.data.create(buckets: settings.application.buckets.map(\.name))
        files = try scenario.files(plan)
        let spread = [Duration.milliseconds(50), .seconds(5), .seconds(600), .seconds(21_600)][
            chance.number("spread", below: 4)]
        for (number, file) in files.enumerated() {
            var time = WorldPlan.beginning
            if file.isAnnounced {
                guard plan.files?.contains(number) ?? true else { continue }
                let microseconds = Int(spread.microsecondsForChance)
                time = time + .microseconds(1_000 + chance.number("arrival|\(file.key)", below: microseconds))
            } else if faultPlan.strikes(.lateReference, file.key) {
                record.strike(Fault(kind: .lateReference, site: file.key), at: time, "\(file.key) comes late")
                time = time + chance.duration("late|\(file.key)", from: .milliseconds(10), to: .seconds(20))
            }
            schedule(.arrive(number), at: time, order: file.key)
        }
    }

    private var arrivedFiles: [WorldFile] {
        files.enumerated().filter { !$1.isAnnounced || plan.files?.contains($0) ?? true }.map(\.element)
    }

    func schedule(_ what: Happening.Kind, at time: Timestamp, order: String) {
        queue.append(Happening(time: max(time, clock.now), order: order, kind: what))
    }

    // MARK: - Life

    /// Goes on until nothing is left to happen.
    private func live() async throws {
        while true {
            try await clock.waitUntilIdle()
            try Task.checkCancellation()
            record.rest(at: clock.now, routerDied: killSwitch.isKilled)
            if killSwitch.isKilled { try await buryRouter() }
            let calls = router?.functions.takeCalls() ?? []
            for call in calls { admit(call) }
            // One that is refused at once has its caller at work again: what is due next is known only afterwards.
            guard calls.isEmpty else { continue }
            let next = queue.indices.min { queue[$0] < queue[$1] }
            let deadline = clock.nextDeadline
            guard let next else {
                guard let deadline else { return }
                try await clock.advance(to: deadline)
                continue
            }
            let time = queue[next].time
            if time > clock.now || deadline.map({ $0 <= time }) ?? false {
                try await clock.advance(to: min(time, deadline ?? time))
                // What woke may have something to say first.
                if clock.now < time || router?.functions.hasCalls ?? false || killSwitch.isKilled { continue }
            }
            let happening = queue.remove(at: next)
            happeningCount += 1
            guard happeningCount <= World.happeningLimit else {
                throw SimulationError("seed \(plan.seed): more than \(World.happeningLimit) things happened: a loop")
            }
            try await happen(happening)
        }
    }

    private func happen(_ happening: Happening) async throws {
        switch happening.kind {
        case .arrive(let number): try await arrive(number)
        case .announce(let number, let bySensor): try await announce(number, bySensor: bySensor)
        case .announceObject(let change): await announce(change)
        case .begin(let number): try begin(number)
        case .proceed(let number): try await proceed(number)
        case .timeOut(let number): timeOut(number)
        case .restart: try await startRouter()
        }
    }

    // MARK: - Arrivals

    private func arrive(_ number: Int) async throws {
        let file = files[number]
        try await place.settings.data.objectStore().put(file.bytes, as: file.key, in: file.bucket)
        record.note(clock.now, "\(file.bucket)/\(file.key) arrives, \(file.bytes.count) bytes")
        guard file.isAnnounced else { return }
        schedule(.announce(number, bySensor: false), at: clock.now, order: file.key)
        let site = "\(file.key)"
        if faultPlan.strikes(.sensor, site) {
            record.strike(Fault(kind: .sensor, site: site), at: clock.now, "a sensor will tell of \(file.key), too")
            let wait = chance.duration("sensor|\(site)", from: .milliseconds(1), to: .seconds(7_200))
            schedule(.announce(number, bySensor: true), at: clock.now + wait, order: "\(file.key) sensor")
        }
    }

    /// Tells the router of a file; one that is being restarted hears it afterwards.
    private func announce(_ number: Int, bySensor: Bool) async throws {
        let file = files[number]
        guard let router else {
            return schedule(
                .announce(number, bySensor: bySensor), at: clock.now + .milliseconds(20), order: "\(file.key) again")
        }
        let store = place.settings.data.objectStore()
        // S3 tells of what was written, whatever became of it.
        let metadata = try await store.headIfPresent(file.key, in: file.bucket)
        let eTag = metadata?.eTag ?? md5(file.bytes)
        arrivalCounts[number, default: 0] += 1
        delivery.subject.withLock { $0 = "\(file.key)\(bySensor ? " sensor" : "") \(arrivalCounts[number] ?? 0)" }
        defer { delivery.subject.withLock { $0 = "" } }
        do {
            if bySensor, let sensor = place.settings.application.sensors.first(where: { $0.bucket == file.bucket }) {
                guard metadata != nil else { return }
                try await router.core.intake.put(
                    SensorEvents.event(
                        file, eTag: eTag, sensor: sensor, id: entropy.uuid(), at: clock.now,
                        account: place.settings.application.account))
            } else {
                try await router.core.intake.accept([
                    ObjectChange(
                        name: ObjectName(bucket: file.bucket, key: file.key), kind: .put, time: clock.now,
                        identity: ObjectIdentity(
                            inode: UInt64(number), byteCount: file.bytes.count, modifiedNanoseconds: 0), eTag: eTag)
                ])
            }
        } catch {
            // The router was killed before it had the event; whoever sends it tries again.
            arrivalCounts[number, default: 1] -= 1
            schedule(
                .announce(number, bySensor: bySensor), at: clock.now + .milliseconds(50), order: "\(file.key) again")
        }
    }

    /// Tells the router of an object that a function wrote.
    private func announce(_ change: ObjectChange) async {
        guard let router else {
            return schedule(.announceObject(change), at: clock.now + .milliseconds(20), order: change.name.key)
        }
        do {
            try await router.core.intake.accept([change])
        } catch {
            schedule(.announceObject(change), at: clock.now + .milliseconds(50), order: change.name.key)
        }
    }

    // MARK: - The router's lives

    private func startRouter() async throws {
        killSwitch.revive(storePath)
        record.note(clock.now, "the router starts")
        do {
            router = try await SimulatedRouter.start(
                place.settings, routes: routes, store: storePath, kill: killSwitch, clock: clock, entropy: entropy,
                delivery: delivery
            ) { [record] in record.hear($0) }
        } catch  where killSwitch.isKilled {
            router = nil
            try await buryRouter()
        }
    }

    /// The router is dead: functions under way are killed with it, or go on with nobody to hear them; it comes back later.
    private func buryRouter() async throws {
        await router?.kill()
        router = nil
        if killSwitch.isTorn { storePath = KillSwitch.successor(storePath) }
        killSwitch.revive(storePath)
        record.routerLives += 1
        for (number, work) in working.sorted(by: { $0.key < $1.key }) {
            work.isHeard = false
            guard work.process == nil || chance.fraction("orphan|\(work.site)|\(record.routerLives)") < 0.5 else {
                continue
            }
            record.note(clock.now, "\(work.site) dies with the router")
            work.process?.kill()
            working[number] = nil
        }
        let wait = chance.duration("down|\(record.routerLives)", from: .milliseconds(10), to: .seconds(60))
        schedule(.restart, at: clock.now + wait, order: "router")
    }

    // MARK: - The end

    private func end() async {
        await router?.kill()
        router = nil
        for (_, processes) in idle { for process in processes { process.kill() } }
        for (_, work) in working { work.process?.kill() }
    }

    /// What a world at rest must not have.
    private func unfinished() async throws -> [String] {
        guard let router else { return ["the router did not come back"] }
        var found: [String] = []
        let counts = try await router.core.store.counts()
        if let running = counts[.running], running > 0 { found.append("\(running) executions did not end") }
        let deliveries = try await router.core.store.deliveryCount()
        if deliveries > 0 { found.append("\(deliveries) deliveries were not made") }
        for (_, work) in working.sorted(by: { $0.key < $1.key }) { found.append("\(work.site) did not end") }
        return found
    }

    /// Delivers once more what is still where it arrived, with nothing going wrong, as somebody who looks after the pipeline would.
    private func repair() async throws -> [String] {
        faultPlan = FaultPlan(seed: plan.seed, kinds: [])
        killSwitch.quieten()
        let store = place.settings.data.objectStore()
        for round in 1...World.repairLimit {
            var left: [Int] = []
            for (number, file) in files.enumerated() where file.isAnnounced && plan.files?.contains(number) ?? true {
                if try await store.headIfPresent(file.key, in: file.bucket) != nil { left.append(number) }
            }
            guard !left.isEmpty else { break }
            record.note(clock.now, "round \(round) of repair: \(left.map { files[$0].key }.joined(separator: ", "))")
            record.repaired += left.count
            try await clock.advance(by: .seconds(7_200))
            for number in left {
                schedule(.announce(number, bySensor: false), at: clock.now, order: files[number].key)
            }
            try await live()
        }
        return try await unfinished()
    }

    /// Gives the store its own name again, so that people can look at it.
    private func settleStore() throws {
        let path = place.settings.data.executions
        guard storePath != path else { return }
        for suffix in ["", "-wal", "-shm"] {
            _ = try FileSystem.removeFile(path + suffix)
            if try FileSystem.status(storePath + suffix) != nil {
                try FileSystem.rename(storePath + suffix, to: path + suffix)
            }
        }
    }
}

/// Something that is going to happen.
struct Happening: Comparable {
    enum Kind {
        case arrive(Int)
        case announce(Int, bySensor: Bool)
        case announceObject(ObjectChange)
        case begin(Int)
        case proceed(Int)
        case timeOut(Int)
        case restart
    }

    var time: Timestamp
    /// Which is first of those at the same time.
    var order: String
    var kind: Kind

    static func < (left: Happening, right: Happening) -> Bool {
        (left.time, left.order) < (right.time, right.order)
    }
    static func == (left: Happening, right: Happening) -> Bool {
        (left.time, left.order) == (right.time, right.order)
    }
}

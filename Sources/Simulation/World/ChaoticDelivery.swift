import Clocks
import EventRouter
import Synchronization

/// Delivers as AWS may: more than once, late, and in any order.
///
/// An event's id depends on what happened before, so its site is the place in the order of the target's events.
final class ChaoticDelivery: DeliverySchedule {
    private let plan: FaultPlan
    private let chance: Chance
    private let note: @Sendable (Fault) -> Void
    /// The file whose arrival is being told, and how often it was told before.
    let subject = Mutex("")

    init(plan: FaultPlan, chance: Chance, note: @escaping @Sendable (Fault) -> Void) {
        self.plan = plan
        self.chance = chance
        self.note = note
    }

    func waits(forEvent eventID: String, to targetARN: String, acceptedAt: Timestamp) -> [Duration] {
        let site = subject.withLock { $0 }
        guard !site.isEmpty else { return [.zero] }
        func strikes(_ kind: FaultKind, _ site: String) -> Bool {
            guard plan.strikes(kind, site) else { return false }
            note(Fault(kind: kind, site: site))
            return true
        }
        func wait(_ site: String) -> Duration {
            guard strikes(.delay, site) else { return .zero }
            return chance.duration("delay|\(site)", from: .seconds(1), to: .seconds(86_400))
        }
        var waits = [wait("\(site)#1")]
        if strikes(.duplicate, site) {
            for copy in 0...chance.number("copies|\(site)", below: 2) {
                waits.append(
                    wait("\(site)#\(copy + 2)")
                        + chance.duration("gap|\(site)|\(copy)", from: .milliseconds(1), to: .seconds(600)))
            }
        }
        return waits
    }
}

import Clocks
import Synchronization

/// What a world leaves for those who look at it afterwards.
final class WorldRecord: Sendable {
    private struct State {
        var timeline = Timeline()
        var faults: [Fault] = []
        var points: Set<String> = []
        var struckPoints: Set<String> = []
        var violations: [String] = []
        /// What the router has said since the world was last at rest.
        var remarks: [String] = []
        var actCount = 0
        var routerLives = 0
        var repaired = 0
    }

    private let state = Mutex(State())

    var timeline: Timeline { state.withLock { $0.timeline } }
    var faults: [Fault] { state.withLock { $0.faults } }
    var points: Set<String> { state.withLock { $0.points } }
    var struckPoints: Set<String> { state.withLock { $0.struckPoints } }
    var violations: [String] { state.withLock { $0.violations } }
    var actCount: Int { state.withLock { $0.actCount } }
    var routerLives: Int {
        get { state.withLock { $0.routerLives } }
        set { state.withLock { $0.routerLives = newValue } }
    }
    var repaired: Int {
        get { state.withLock { $0.repaired } }
        set { state.withLock { $0.repaired = newValue } }
    }

    func note(_ time: Timestamp, _ what: String) { state.withLock { $0.timeline.note(time, what) } }

    /// What a router says of itself, kept until the world is at rest: what its parts do at the same time has no order.
    func hear(_ remark: String) { state.withLock { $0.remarks.append(remark) } }

    /// The world is at rest. What a router said while it died depends on what of it died first.
    func rest(at time: Timestamp, routerDied: Bool) {
        state.withLock { state in
            if !routerDied { for remark in state.remarks.sorted() { state.timeline.note(time, "router: \(remark)") } }
            state.remarks = []
        }
    }

    func strike(_ fault: Fault, at time: Timestamp, _ what: String) {
        state.withLock { state in
            state.faults.append(fault)
            state.timeline.note(time, what, fault)
            if fault.kind.isOfRouter {
                let moment = fault.kind == .tornWrite ? "within" : fault.site.hasSuffix("before") ? "before" : "after"
                state.struckPoints.insert("router \(moment) a write")
            }
        }
    }

    /// A place where a crash could strike was passed.
    func pass(_ point: String) {
        state.withLock { state in
            state.points.insert(point)
            state.actCount += 1
        }
    }

    func strikePoint(_ point: String) { state.withLock { _ = $0.struckPoints.insert(point) } }

    func violate(_ what: String) { state.withLock { $0.violations.append(what) } }
}

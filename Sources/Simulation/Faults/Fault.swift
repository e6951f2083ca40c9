/// What goes wrong in a world, all of it within what AWS allows or what machines do.
package enum FaultKind: String, Sendable, Hashable, CaseIterable {
    /// A notification is delivered twice, or three times.
    case duplicate
    /// A notification comes late, by seconds to a day; so others overtake it.
    case delay
    /// The same file is told of by a sensor, too.
    case sensor
    /// A reference file comes after the first stream files.
    case lateReference = "late-reference"
    /// A function is killed before, during or after an act that others can see, or when it has answered.
    case crash
    /// A call of a store fails, and was not done.
    case storeError = "store-error"
    /// All stores fail one function for one file for up to ten minutes, so that its retries run out.
    case outage
    /// A call of a store fails, though it was done.
    case lostAnswer = "lost-answer"
    /// A table asks for fewer requests.
    case throttledStore = "throttled-store"
    /// A write finds the disk full.
    case diskFull = "disk-full"
    /// No process is free for an invocation.
    case throttledFunction = "throttled-function"
    /// An act takes so long that others overtake it, leases run out and functions meet their time limit.
    case stall
    /// The router is killed before or after a write to its own store; functions under way are killed, too, or go on unheard.
    case routerCrash = "router-crash"
    /// The router is killed in the middle of a write: its log ends in a part of the last transaction.
    case tornWrite = "torn-write"

    /// How often it strikes where it can.
    var rate: Double {
        switch self {
        case .duplicate: 0.25
        case .delay: 0.25
        case .sensor: 0.25
        case .lateReference: 0.15
        case .crash: 0.012
        case .storeError: 0.008
        case .outage: 0.02
        case .lostAnswer: 0.012
        case .throttledStore: 0.01
        case .diskFull: 0.004
        case .throttledFunction: 0.03
        case .stall: 0.01
        case .routerCrash: 0.012
        case .tornWrite: 0.006
        }
    }

    package var isOfRouter: Bool { self == .routerCrash || self == .tornWrite }
}

/// One thing that goes wrong, at one place.
package struct Fault: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var kind: FaultKind
    /// Where: the same in every run of the seed, whatever else is left out.
    package var site: String

    package var description: String { "\(kind.rawValue)@\(site)" }

    package init(kind: FaultKind, site: String) {
        self.kind = kind
        self.site = site
    }

    /// Reads what ``description`` spells.
    package init?(_ text: String) {
        guard let at = text.firstIndex(of: "@"), let kind = FaultKind(rawValue: String(text[..<at])) else { return nil }
        self.init(kind: kind, site: String(text[text.index(after: at)...]))
    }

    package static func < (left: Fault, right: Fault) -> Bool { left.description < right.description }
}

/// Which faults strike in a world.
package struct FaultPlan: Sendable {
    private let chance: Chance
    private let kinds: Set<FaultKind>
    /// Only these, when not nil.
    private let only: Set<Fault>?

    package init(seed: UInt64, kinds: Set<FaultKind>, only: Set<Fault>? = nil) {
        chance = Chance(seed: seed ^ 0x5EED_FA17)
        self.kinds = kinds
        self.only = only
    }

    package func strikes(_ kind: FaultKind, _ site: String) -> Bool {
        guard kinds.contains(kind) else { return false }
        if let only { return only.contains(Fault(kind: kind, site: site)) }
        return chance.fraction("\(kind.rawValue)|\(site)") < kind.rate
    }
}

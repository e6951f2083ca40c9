/// A way through a machine: states in the order in which they are entered, how each is left, and which tasks fail on it.
struct CasePlan: Sendable {
    /// How a state is left.
    enum Way: Sendable, Hashable {
        case next
        case rule(Int)
        case fallback
        case caught(Int)
        /// The end of the way, or into the states inside.
        case open
    }

    enum Origin: Sendable, Hashable {
        case start
        case after(Int)
        case inside(Int, branch: Int)
    }

    struct Node: Sendable {
        let state: State
        var way: Way
        let origin: Origin
    }

    /// A task's first calls fail with this error.
    struct Fault: Sendable, Hashable {
        let error: String
        let count: Int
    }

    /// What is wanted of a state's retriers and catchers.
    enum Wanted: Sendable {
        case retried(Int, error: String?)
        case exhausted(Int)
        case caught(Int, error: String?)
    }

    var nodes: [Node] = []
    var faults: [String: Fault] = [:]

    /// Nodes of a plan at most, with those of branches that it does not go through.
    private static let nodeLimit = 400

    /// The plan with what runs beside it: branches and iterations that it does not go through must not fail, so what their
    /// states need counts, up to the first Choice.
    var withNeighbours: CasePlan {
        var plan = self
        var index = 0
        while index < plan.nodes.count, plan.nodes.count < CasePlan.nodeLimit {
            let groups: [StateGroup]
            switch plan.nodes[index].state.kind {
            case .parallel(let parallel): groups = parallel.branches
            case .map(let map): groups = [map.processor]
            default: groups = []
            }
            for (branch, group) in groups.enumerated() {
                var origin = Origin.inside(index, branch: branch)
                guard !plan.nodes.contains(where: { $0.origin == origin }) else { continue }
                var name: String? = group.startAt
                var seen: Set<String> = []
                while let current = name, let state = group.states[current], seen.insert(current).inserted {
                    if case .fail = state.kind { break }
                    plan.nodes.append(Node(state: state, way: .next, origin: origin))
                    origin = .after(plan.nodes.count - 1)
                    if case .next(let next) = state.transition { name = next } else { name = nil }
                }
            }
            index += 1
        }
        return plan
    }
}

/// Looks for plans in a definition's graph; loops are gone through once.
struct CasePlanner {
    let map: CoverageMap

    /// Plans looked at for one target, paths between two states, and failures of one state that are more than a mock says.
    private static let planLimit = 24
    private static let pathLimit = 16
    private static let expansionLimit = 4_000
    private static let faultLimit = 1_000
    /// The name of errors that only States.ALL and States.TaskFailed match.
    static let errorName = "MockedError"

    func plans(for point: CoveragePoint) -> [CasePlan] {
        guard let state = map.places[point.state]?.state else { return [] }
        func leaving(_ way: CasePlan.Way) -> [CasePlan] {
            plans(to: state).map { plan in
                var plan = plan
                plan.nodes[plan.nodes.count - 1].way = way
                return plan
            }
        }
        func failing(_ wanted: CasePlan.Wanted, _ way: CasePlan.Way = .open) -> [CasePlan] {
            Array(leaving(way).flatMap { provoke($0, at: $0.nodes.count - 1, wanted) }.prefix(CasePlanner.planLimit))
        }
        return switch point.kind {
        case .entered: leaving(.open)
        case .succeeded: leaving(.next)
        case .rule(let index): leaving(.rule(index))
        case .fallback: leaving(.fallback)
        case .retried(let index): failing(.retried(index, error: nil))
        case .retriedError(let index, let error): failing(.retried(index, error: error))
        case .exhausted(let index): failing(.exhausted(index))
        case .caught(let index): failing(.caught(index, error: nil), .caught(index))
        case .caughtError(let index, let error): failing(.caught(index, error: error), .caught(index))
        }
    }

    /// Plans that end where the state is entered.
    private func plans(to state: State) -> [CasePlan] {
        guard let group = map.places[state.name]?.group else {
            return extend([(CasePlan(), .start)], in: map.machine.states, to: state)
        }
        guard let owner = map.places[group.state]?.state, let states = states(of: group) else { return [] }
        let outer = plans(to: owner).map { plan in
            (plan, CasePlan.Origin.inside(plan.nodes.count - 1, branch: group.branch))
        }
        return extend(outer, in: states, to: state)
    }

    private func states(of group: CoverageMap.Group) -> StateGroup? {
        switch map.places[group.state]?.state.kind {
        case .parallel(let parallel): parallel.branches[group.branch]
        case .map(let map): map.processor
        default: nil
        }
    }

    private func extend(
        _ plans: [(CasePlan, CasePlan.Origin)], in group: StateGroup, to target: State
    ) -> [CasePlan] {
        var found: [CasePlan] = []
        for path in paths(in: group, to: target.name) {
            for (plan, origin) in plans {
                var open = [plan]
                var next = origin
                for (name, way) in path {
                    guard let state = group.states[name] else { return found }
                    open = open.flatMap { plan -> [CasePlan] in
                        var plan = plan
                        plan.nodes.append(CasePlan.Node(state: state, way: way, origin: next))
                        guard case .caught(let index) = way else { return [plan] }
                        return Array(
                            provoke(plan, at: plan.nodes.count - 1, .caught(index, error: nil)).prefix(2))
                    }
                    // What was added behind the node to provoke its error is inside it.
                    guard let index = open.first?.nodes.lastIndex(where: { $0.state.name == name }) else { break }
                    open = open.filter { $0.nodes.lastIndex { $0.state.name == name } == index }
                    next = .after(index)
                }
                for var plan in open {
                    plan.nodes.append(CasePlan.Node(state: target, way: .open, origin: next))
                    found.append(plan)
                    if found.count >= CasePlanner.planLimit { return found }
                }
            }
        }
        return found
    }

    /// Ways from a group's first state to one of its states, short ones first.
    private func paths(in group: StateGroup, to target: String) -> [[(String, CasePlan.Way)]] {
        func ways(_ state: State) -> [(CasePlan.Way, String)] {
            var ways: [(CasePlan.Way, String)] = []
            if case .next(let name) = state.transition { ways.append((.next, name)) }
            if case .choice(let choice) = state.kind {
                ways += choice.rules.enumerated().map { (.rule($0.offset), $0.element.next) }
                if let fallback = choice.fallback { ways.append((.fallback, fallback)) }
            }
            return ways + state.catchers.enumerated().map { (.caught($0.offset), $0.element.next) }
        }
        var leading: Set<String> = [target]
        var isGrowing = true
        while isGrowing {
            let more = group.states.values.filter { state in
                !leading.contains(state.name) && ways(state).contains { leading.contains($0.1) }
            }
            leading.formUnion(more.map(\.name))
            isGrowing = !more.isEmpty
        }
        guard leading.contains(group.startAt) else { return [] }
        var found: [[(String, CasePlan.Way)]] = []
        var queue: [(path: [(String, CasePlan.Way)], state: String)] = [([], group.startAt)]
        var next = 0
        while next < queue.count, next < CasePlanner.expansionLimit, found.count < CasePlanner.pathLimit {
            let (path, name) = queue[next]
            next += 1
            if name == target {
                found.append(path)
                continue
            }
            guard let state = group.states[name] else { continue }
            for (way, following) in ways(state)
            where leading.contains(following) && following != name && !path.contains(where: { $0.0 == following }) {
                queue.append((path + [(name, way)], following))
            }
        }
        return found
    }

    // MARK: Errors

    /// Plans in which a state fails as it is wanted: a task by its mock, others by a task or Fail state inside.
    private func provoke(_ plan: CasePlan, at index: Int, _ wanted: CasePlan.Wanted) -> [CasePlan] {
        let state = plan.nodes[index].state
        if case .task = state.kind {
            return errors(of: state, wanted).compactMap { error in
                failures(of: state, error, wanted).map { count in
                    var plan = plan
                    plan.faults[state.name] = CasePlan.Fault(error: error, count: count)
                    return plan
                }
            }.sorted { ($0.faults[state.name]?.count ?? 0) < ($1.faults[state.name]?.count ?? 0) }
        }
        var isDistributed = false
        if case .map(let map) = state.kind { isDistributed = map.distribution != nil }
        var found: [CasePlan] = []
        for group in groups(of: state) {
            for thrower in states(of: group)?.states.values.sorted(by: { $0.name < $1.name }) ?? [] {
                for error in isDistributed ? [StateError.thresholdName] : errors(of: state, wanted) {
                    guard let outer = failures(of: state, error, wanted) else { continue }
                    let thrown = isDistributed ? CasePlanner.errorName : error
                    found += plans(plan, at: index, group, throwing: thrown, by: thrower, times: outer)
                    if found.count >= 8 { return found }
                }
            }
        }
        return found
    }

    private func groups(of state: State) -> [CoverageMap.Group] {
        switch state.kind {
        case .parallel(let parallel):
            parallel.branches.indices.map { CoverageMap.Group(state: state.name, branch: $0) }
        case .map: [CoverageMap.Group(state: state.name, branch: 0)]
        default: []
        }
    }

    private func plans(
        _ plan: CasePlan, at index: Int, _ group: CoverageMap.Group, throwing error: String, by thrower: State,
        times: Int
    ) -> [CasePlan] {
        guard let states = states(of: group) else { return [] }
        let failure = StateError(error, cause: nil)
        switch thrower.kind {
        case .fail(let fail):
            guard case .literal(error)? = fail.error else { return [] }
            return extend([(plan, .inside(index, branch: group.branch))], in: states, to: thrower)
        case .task:
            var retries = Array(repeating: 0, count: thrower.retriers.count)
            var count = 1
            var handling = thrower.handling(of: failure, retries: retries)
            while let retrier = handling.retrier, count <= CasePlanner.faultLimit {
                retries[retrier] += 1
                count += 1
                handling = thrower.handling(of: failure, retries: retries)
            }
            guard handling.retrier == nil, handling.catcher == nil, count * times <= CasePlanner.faultLimit else {
                return []
            }
            return extend([(plan, .inside(index, branch: group.branch))], in: states, to: thrower).map { plan in
                var plan = plan
                plan.faults[thrower.name] = CasePlan.Fault(error: error, count: count * times)
                return plan
            }
        case .parallel, .map:
            guard thrower.handling(of: failure, retries: thrower.retriers.map { _ in 0 }) == ErrorHandling() else {
                return []
            }
            return extend([(plan, .inside(index, branch: group.branch))], in: states, to: thrower).flatMap { plan in
                groups(of: thrower).flatMap { inner in
                    (self.states(of: inner)?.states.values.sorted { $0.name < $1.name } ?? []).flatMap {
                        plans(plan, at: plan.nodes.count - 1, inner, throwing: error, by: $0, times: times)
                    }
                }
            }
        default: return []
        }
    }

    /// Errors that may lead to what is wanted, as a service or function would name them.
    private func errors(of state: State, _ wanted: CasePlan.Wanted) -> [String] {
        let patterns: [String]
        switch wanted {
        case .retried(let index, let error): patterns = error.map { [$0] } ?? state.retriers[index].errors
        case .exhausted(let index): patterns = state.retriers[index].errors
        case .caught(let index, let error): patterns = error.map { [$0] } ?? state.catchers[index].errors
        }
        var names: [String] = []
        for pattern in patterns {
            let isGroup = pattern == "States.ALL" || pattern == "States.TaskFailed"
            for name in isGroup ? [CasePlanner.errorName, StateError.timeout] : [pattern] where !names.contains(name) {
                names.append(name)
            }
        }
        return names
    }

    /// How often a state must fail with an error until what is wanted has happened; nil when it never does.
    private func failures(of state: State, _ error: String, _ wanted: CasePlan.Wanted) -> Int? {
        let error = StateError(error, cause: nil)
        var retries = Array(repeating: 0, count: state.retriers.count)
        for count in 1...CasePlanner.faultLimit {
            let handling = state.handling(of: error, retries: retries)
            switch wanted {
            case .retried(let index, _): return handling.retrier == index ? count : nil
            case .exhausted(let index): if handling.exhaustedRetrier == index { return count }
            case .caught(let index, _): if handling.catcher == index { return count }
            }
            guard let retrier = handling.retrier else { return nil }
            retries[retrier] += 1
        }
        return nil
    }
}

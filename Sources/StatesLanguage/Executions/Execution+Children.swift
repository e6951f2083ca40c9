import Clocks
import JSON

extension Execution {
    mutating func begin(_ parallel: ParallelState, _ id: Int, _ data: StateData) throws(StateError) {
        guard let scope = scopes[id] else { return }
        var branchInput = data.input
        if let arguments = parallel.arguments {
            branchInput = try arguments.filled(data)
        }
        if let mock = inspection?.mock { return take(mock, id) }
        let started = emit("ParallelStateStarted", .none, after: scope.lastID)
        scopes[id]?.lastID = started
        scopes[id]?.hasStartedChildren = true
        var children = Scope.Children(
            outputs: Array(repeating: nil, count: parallel.branches.count), nextIndex: parallel.branches.count,
            items: [], concurrency: parallel.branches.count)
        for (index, branch) in parallel.branches.enumerated() {
            if let child = open(branch, under: id, index: index, item: nil, after: started, input: branchInput) {
                children.running.insert(child)
            }
        }
        scopes[id]?.phase = .children(children)
    }

    /// Changes what is below a scope where it stands: a copy of a Map's 10,000 outputs for each of them takes seconds.
    ///
    /// - Returns: Nil when nothing is below it.
    private mutating func withChildren<Result>(of id: Int, _ body: (inout Scope.Children) -> Result) -> Result? {
        guard case .children(var children)? = scopes[id]?.phase else { return nil }
        // Held here alone, so that its arrays are not copied.
        scopes[id]?.phase = .nothing
        defer { scopes[id]?.phase = .children(children) }
        return body(&children)
    }

    /// Starts iterations up to the state's concurrency.
    mutating func startIterations(_ id: Int, after previousID: Int) {
        while let scope = scopes[id], case .map(let map) = scope.state.kind, case .children(let children) = scope.phase,
            children.nextIndex < children.items.count, children.running.count < children.concurrency
        {
            guard hasRoom() else { return }
            let index = children.nextIndex
            do throws(StateError) {
                let (item, input) = try selected(map, index, children.items[index], scope, id)
                let started = emit(
                    "MapIterationStarted", .iteration(name: scope.state.name, index: index), after: previousID)
                let child = open(map.processor, under: id, index: index, item: item, after: started, input: input)
                begun(index, child, of: id)
            } catch {
                stopChildren(id)
                fail(id, error)
                return
            }
        }
    }

    /// Notes an iteration that has begun, while at most a Set of the running ones is copied.
    private mutating func begun(_ index: Int, _ child: Int?, of id: Int) {
        _ = withChildren(of: id) { children in
            children.nextIndex = index + 1
            if let child { children.running.insert(child) }
        }
    }

    /// An item and what ItemSelector makes of it.
    func selected(
        _ map: MapState, _ index: Int, _ value: JSONValue, _ scope: Scope, _ id: Int
    ) throws(StateError) -> (Scope.Item, JSONValue) {
        let item = Scope.Item(index: index, value: value)
        guard let selector = map.itemSelector else { return (item, value) }
        let whole = try data(of: scope, id)
        let data = StateData(
            input: whole.input, context: context(of: scope, id, item: item), variables: scope.variables, now: now,
            entropy: entropy, maximumByteCount: limits.maximumDataByteCount)
        return (item, try selector.filled(data))
    }

    private mutating func open(
        _ group: StateGroup, under parent: Int, index: Int, item: Scope.Item?, after lastID: Int, input: JSONValue
    ) -> Int? {
        guard let first = group.states[group.startAt] else { return nil }
        let id = nextScope
        nextScope += 1
        var scope = Scope(group: group, parent: parent, index: index, item: item, lastID: lastID, state: first)
        scope.variables = scopes[parent]?.variables ?? [:]
        scope.rawInput = input
        scopes[id] = scope
        entries.append(Entry(scope: id, state: first.name, input: input))
        return id
    }

    mutating func childSucceeded(_ child: Scope, _ childID: Int, of id: Int, _ output: JSONValue) {
        let isTaken = withChildren(of: id) { children -> Bool in
            children.running.remove(childID)
            if children.outputs[child.index] == nil { children.doneCount += 1 }
            children.outputs[child.index] = output
            return true
        }
        guard isTaken == true, let state = scopes[id]?.state else { return }
        scopes[id]?.lastID = child.lastID
        if case .map = state.kind {
            emit("MapIterationSucceeded", .iteration(name: state.name, index: child.index), after: child.lastID)
            // The state's own events follow the last iteration's end, the next iteration its last state.
            scopes[id]?.lastID = eventCount
            startIterations(id, after: child.lastID)
        }
        if case .children(let current)? = scopes[id]?.phase, current.doneCount == current.outputs.count {
            childrenSucceeded(id, current.outputs.compactMap { $0 })
        }
    }

    mutating func childrenSucceeded(_ id: Int, _ outputs: [JSONValue]) {
        guard let scope = scopes[id] else { return }
        scopes[id]?.phase = .nothing
        // As recorded, the exit follows what this follows.
        emit("\(scope.state.type)StateSucceeded", .none, after: scope.lastID)
        resultIsThere(id, .array(outputs))
    }

    /// Goes on with the result of a Parallel or Map state.
    mutating func resultIsThere(_ id: Int, _ result: JSONValue) {
        guard let scope = scopes[id] else { return }
        do throws(StateError) {
            switch scope.state.kind {
            case .parallel(let parallel):
                try complete(id, result, resultSelector: parallel.resultSelector, resultPath: parallel.resultPath)
            case .map(let map):
                try complete(id, result, resultSelector: map.resultSelector, resultPath: map.resultPath)
            default: break
            }
        } catch {
            fail(id, error)
        }
    }

    /// - Returns: The error of the state that the child belongs to; nil when it does not wait for children.
    mutating func childFailed(_ child: Scope, of id: Int, _ error: StateError) -> StateError? {
        guard let scope = scopes[id], case .children = scope.phase else { return nil }
        switch scope.state.kind {
        case .map:
            emit("MapIterationFailed", .iteration(name: scope.state.name, index: child.index), after: child.lastID)
        default:
            if case .task = child.state.kind { emit("TaskStateAborted", .none, after: child.lastID) }
        }
        stopChildren(id)
        scopes[id]?.lastID = child.lastID
        // Where the error came from is told already.
        return StateError(error.name, cause: error.cause)
    }

    func isWaiting(_ scope: Scope) -> Bool {
        switch scope.phase {
        case .nothing: false
        case .task, .timer, .children, .mapRun: true
        }
    }

    mutating func stopChildren(_ id: Int) {
        guard case .children(let children)? = scopes[id]?.phase else { return }
        for child in children.running.sorted() {
            if let scope = scopes[child], isWaiting(scope) {
                emit("\(scope.state.type)StateAborted", .none, after: scope.lastID)
                if case .map? = scopes[id]?.state.kind {
                    emit(
                        "MapIterationAborted",
                        .iteration(name: scopes[id]?.state.name ?? "", index: scope.index), after: scope.lastID)
                }
            }
            endScope(child)
        }
        scopes[id]?.phase = .nothing
    }
}

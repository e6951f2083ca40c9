import JSON

extension Execution {
    mutating func begin(_ parallel: ParallelState, _ id: Int, _ data: StateData) throws(StateError) {
        guard let scope = scopes[id] else { return }
        var branchInput = data.input
        if let parameters = parallel.parameters { branchInput = try parameters.filled(data) }
        let started = emit("ParallelStateStarted", .none, after: scope.lastID)
        scopes[id]?.lastID = started
        var children = Scope.Children(
            outputs: Array(repeating: nil, count: parallel.branches.count), nextIndex: parallel.branches.count,
            items: [],
            concurrency: parallel.branches.count)
        for (index, branch) in parallel.branches.enumerated() {
            if let child = open(branch, under: id, index: index, item: nil, after: started, input: branchInput) {
                children.running.insert(child)
            }
        }
        scopes[id]?.phase = .children(children)
    }

    mutating func begin(_ map: MapState, _ id: Int, _ data: StateData) throws(StateError) {
        guard let scope = scopes[id] else { return }
        var found = data.input
        if let path = map.itemsPath { found = try required(path, data) }
        guard let items = found.arrayValue else {
            throw .runtime(
                "Reference path \"\(map.itemsPath?.text ?? "$")\" must point to array.")
        }
        var concurrency = MapState.concurrencyLimit
        switch map.maximumConcurrency {
        case .fixed(let limit): if limit > 0 { concurrency = limit }
        case .path(let path):
            let value = try required(path, data)
            guard let limit = value.intValue, limit >= 0 else {
                throw .runtime(
                    "The MaxConcurrencyPath field refers to value \(value.text()) which is not a valid integer: \(path.text)"
                )
            }
            if limit > 0 { concurrency = limit }
        }
        let started = emit("MapStateStarted", .mapStarted(length: items.count), after: scope.lastID)
        scopes[id]?.lastID = started
        scopes[id]?.phase = .children(
            Scope.Children(
                outputs: Array(repeating: nil, count: items.count), nextIndex: 0, items: items, concurrency: concurrency
            ))
        if items.isEmpty {
            childrenSucceeded(id, [])
        } else {
            startIterations(id, after: started)
        }
    }

    /// Starts iterations up to the state's concurrency.
    private mutating func startIterations(_ id: Int, after previousID: Int) {
        while let scope = scopes[id], case .map(let map) = scope.state.kind, case .children(var children) = scope.phase,
            children.nextIndex < children.items.count, children.running.count < children.concurrency
        {
            guard hasRoom() else { return }
            let index = children.nextIndex
            let item = Scope.Item(index: index, value: children.items[index])
            do throws(StateError) {
                let whole = try data(of: scope)
                let context = ContextObject(
                    identity: identity, executionInput: input, startTime: startTime, stateName: scope.state.name,
                    enteredTime: scope.enteredTime, retryCount: scope.retryCount, item: item)
                var itemInput = item.value
                if let selector = map.itemSelector {
                    itemInput = try selector.filled(StateData(input: whole.input, context: context))
                }
                let started = emit(
                    "MapIterationStarted", .iteration(name: scope.state.name, index: index), after: previousID)
                children.nextIndex += 1
                if let child = open(
                    map.processor, under: id, index: index, item: item, after: started, input: itemInput)
                {
                    children.running.insert(child)
                }
                scopes[id]?.phase = .children(children)
            } catch {
                stopChildren(id)
                fail(id, error.located(in: scope.state.name, enteredAt: scope.enteredID))
                return
            }
        }
    }

    private mutating func open(
        _ group: StateGroup, under parent: Int, index: Int, item: Scope.Item?, after lastID: Int, input: JSONValue
    ) -> Int? {
        guard let first = group.states[group.startAt] else { return nil }
        let id = nextScope
        nextScope += 1
        scopes[id] = Scope(group: group, parent: parent, index: index, item: item, lastID: lastID, state: first)
        entries.append(Entry(scope: id, state: first.name, input: input))
        return id
    }

    mutating func childSucceeded(_ child: Scope, _ childID: Int, of id: Int, _ output: JSONValue) {
        guard let scope = scopes[id], case .children(var children) = scope.phase else { return }
        children.running.remove(childID)
        children.outputs[child.index] = output
        scopes[id]?.phase = .children(children)
        scopes[id]?.lastID = child.lastID
        if case .map = scope.state.kind {
            emit(
                in: id, "MapIterationSucceeded", .iteration(name: scope.state.name, index: child.index),
                after: child.lastID)
            startIterations(id, after: child.lastID)
        }
        let outputs = children.outputs.compactMap { $0 }
        if outputs.count == children.outputs.count { childrenSucceeded(id, outputs) }
    }

    private mutating func childrenSucceeded(_ id: Int, _ outputs: [JSONValue]) {
        guard let scope = scopes[id] else { return }
        scopes[id]?.phase = .nothing
        emit(in: id, "\(scope.state.type)StateSucceeded", .none, after: scope.lastID)
        do throws(StateError) {
            switch scope.state.kind {
            case .parallel(let parallel):
                try complete(
                    id, .array(outputs), resultSelector: parallel.resultSelector, resultPath: parallel.resultPath)
            case .map(let map):
                try complete(id, .array(outputs), resultSelector: map.resultSelector, resultPath: map.resultPath)
            default: break
            }
        } catch {
            fail(id, error.located(in: scope.state.name, enteredAt: scope.enteredID))
        }
    }

    mutating func childFailed(_ child: Scope, _ childID: Int, of id: Int, _ error: StateError) {
        guard let scope = scopes[id], case .children = scope.phase else { return }
        var lastID = child.lastID
        if case .map = scope.state.kind {
            lastID = emit("MapIterationFailed", .iteration(name: scope.state.name, index: child.index), after: lastID)
        }
        stopChildren(id)
        emit(in: id, "\(scope.state.type)StateFailed", .failed(error), after: lastID)
        fail(id, error)
    }

    private mutating func stopChildren(_ id: Int) {
        guard case .children(let children)? = scopes[id]?.phase else { return }
        for child in children.running.sorted() { endScope(child) }
        scopes[id]?.phase = .nothing
    }
}

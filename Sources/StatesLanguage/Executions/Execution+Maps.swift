import Clocks
import JSON
import JSONata

extension Execution {
    mutating func begin(_ map: MapState, _ id: Int, _ data: StateData) throws(StateError) {
        guard let scope = scopes[id] else { return }
        let reader = map.distribution?.reader
        let items = reader == nil ? try self.items(map, data) : try givenItems(map, data)
        inspection?.note("afterItemsPath", .array(items), reader == nil && scope.state.language == .jsonPath)
        let concurrency = try number(map.maximumConcurrency, "MaxConcurrency", data).map(Int.init(clamping:)) ?? 0
        inspection?.note("maxConcurrency", number: .int(concurrency))
        let started = emit("MapStateStarted", .mapStarted(length: items.count), after: scope.lastID)
        scopes[id]?.lastID = started
        let tolerance = Tolerance(
            count: try number(map.toleratedFailureCount, "ToleratedFailureCount", data).map(Int.init(clamping:)),
            percentage: try number(map.toleratedFailurePercentage, "ToleratedFailurePercentage", data))
        if let count = tolerance.count { inspection?.note("toleratedFailureCount", number: .int(count)) }
        if let percentage = tolerance.percentage {
            inspection?.note("toleratedFailurePercentage", number: .double(percentage))
        }
        scopes[id]?.hasStartedChildren = true
        if let mock = inspection?.mock { return try take(mock, map, id, data, items: items, tolerance) }
        if let distribution = map.distribution {
            try begin(
                distribution, map, id, data, items: items, concurrency: concurrency, tolerance: tolerance)
            return
        }
        scopes[id]?.phase = .children(
            Scope.Children(
                outputs: Array(repeating: nil, count: items.count), nextIndex: 0, items: items,
                concurrency: concurrency > 0 ? concurrency : MapState.concurrencyLimit))
        if items.isEmpty {
            childrenSucceeded(id, [])
        } else {
            startIterations(id, after: started)
        }
    }

    private func items(_ map: MapState, _ data: StateData) throws(StateError) -> [JSONValue] {
        if let template = map.items {
            let made: JSONValue
            if case .expression(let field) = template {
                made = try field.value(data)
                if let items = MapState.elements(of: made, isDistributed: map.distribution != nil) { return items }
                return try field.value(data, .array).arrayValue ?? []
            }
            made = try template.filled(data)
            guard let items = MapState.elements(of: made, isDistributed: map.distribution != nil) else {
                throw .query("Map state input must be an array but was: \(made.text())", field: "Items")
            }
            return items
        }
        var found = data.input
        if let path = map.itemsPath {
            switch path {
            case .path(let path): found = try data.required(path)
            case .call(let call): found = try call.value(data)
            }
        }
        guard let items = MapState.elements(of: found, isDistributed: map.distribution != nil) else {
            if map.language == .jsonata {
                throw .query("Map state input must be an array but was: \(found.text())", field: nil)
            }
            throw .runtime("Reference path \"\(map.itemsPath?.text ?? "$")\" must point to array.")
        }
        return items
    }

    /// A number of the state; checks that paths lead to one that makes sense.
    private func number(_ source: NumberSource?, _ field: String, _ data: StateData) throws(StateError) -> Double? {
        switch source {
        case nil: return nil
        case .fixed(let value)?: return value
        case .expression(let expression)?:
            let number = try expression.value(data, .number).doubleValue ?? 0
            let isWhole = number == number.rounded()
            guard number >= 0, isWhole || field == "ToleratedFailurePercentage" else {
                throw .query(
                    "The JSONata expression '\(expression.expression.text)' specified for the field '\(field)' must give a "
                        + "number that is not negative\(isWhole ? "" : " and whole"), but gave \(JSONValue.double(number).text())",
                    field: field, hasValue: true)
            }
            if field == "ToleratedFailurePercentage", number > 100 { throw percentageError }
            return number
        case .path(let path, let pathField)?:
            let value = try path.value(data, field: pathField)
            // A text that spells a number serves as one.
            let number = value.doubleValue ?? value.stringValue.flatMap { Double($0) }
            let isPercentage = field == "ToleratedFailurePercentage"
            guard let number, isPercentage || number == number.rounded() else {
                let shown = field == "MaxConcurrency" ? value.text() : "\"\(value.stringValue ?? value.text())\""
                throw .runtime(
                    "The \(pathField) field refers to value \(shown) which is not a valid "
                        + "\(isPercentage ? "float" : "integer"): \(path.text)")
            }
            if isPercentage, !(0...100).contains(number) { throw percentageError }
            if number < 0 {
                if field == "MaxConcurrency" {
                    throw .runtime(
                        "The MaxConcurrencyPath field refers to value \(value.text()) which is not a valid integer: \(path.text)"
                    )
                }
                throw .runtime("\(field) cannot be negative.")
            }
            return number
        }
    }

    private var percentageError: StateError { .runtime("ToleratedFailurePercentage must be between 0 and 100.") }

    // MARK: Distributed

    private mutating func begin(
        _ distribution: MapState.Distribution, _ map: MapState, _ id: Int, _ data: StateData, items: [JSONValue],
        concurrency: Int, tolerance: Tolerance
    ) throws(StateError) {
        guard let scope = scopes[id] else { return }
        let label = distribution.label ?? entropy.uuid()
        let resource = "\(identity.stateMachineName)/\(label)"
        let arn = identity.arn(kind: "mapRun", resource: "\(resource):\(entropy.uuid())")
        let startedID = emit("MapRunStarted", .mapRunStarted(arn: arn), after: scope.lastID)
        scopes[id]?.lastID = startedID
        var run = MapRun(
            arn: arn,
            machine: StateMachine(comment: nil, states: map.processor, timeoutSeconds: nil, warnings: []),
            startedID: startedID, isExpress: distribution.executionType == .express,
            hasWriter: distribution.writer != nil, tolerance: tolerance, maximumConcurrency: concurrency,
            stage: .running)
        guard let reader = distribution.reader else {
            scopes[id]?.phase = .mapRun(run)
            return itemsAreThere(id, items)
        }
        var parameters = JSONValue.object([:])
        if let arguments = reader.arguments { parameters = try arguments.filled(data) }
        run.stage = .reading
        run.attempt = begin(request(.readItems(reader.integration, parameters), scope, id))
        scopes[id]?.phase = .mapRun(run)
        note(run, .running)
    }

    func request(_ work: TaskRequest.Work, _ scope: Scope, _ id: Int, part: Int = 0) -> TaskRequest {
        // Reading and writing are attempts of their own, apart by thousands from the state's.
        let token = TaskToken(scope: id, enteredID: scope.enteredID, attempt: scope.attemptNumber * 10_000 + part)
        return TaskRequest(
            token: token, work: work, state: scope.state.name, retryCount: scope.retryCountNow, timeoutSeconds: nil,
            heartbeatSeconds: nil)
    }

    /// What was read, or written, for a distributed Map.
    mutating func mapRunAnswered(_ token: TaskToken, _ answer: Result<String, StateError>) {
        guard let scope = scopes[token.scope], case .mapRun(var run) = scope.phase, let attempt = run.attempt,
            attempt.request.token == token, case .map(let map) = scope.state.kind
        else {
            step.isIgnored = true
            return
        }
        // A redrive reads, or writes, once more.
        if case .failure = answer, failureSnapshot == nil { failureSnapshot = scopes }
        run.attempt = nil
        scopes[token.scope]?.phase = .mapRun(run)
        switch (run.stage, answer) {
        case (.reading, .failure(let error)):
            failMapRun(token.scope, StateError(StateError.readerName, cause: error.cause ?? error.name))
        case (.writing, .failure(let error)):
            failMapRun(token.scope, StateError(StateError.writerName, cause: error.cause ?? error.name))
        case (.writing(let result), .success): mapRunIsDone(token.scope, result)
        case (.running, _): step.isIgnored = true
        case (.reading, .success(let text)):
            guard let reader = map.distribution?.reader else { return }
            do throws(StateError) {
                let data = try data(of: scope, token.scope)
                var source = ItemSource(reader: reader)
                source.maximumCount = try maximumItems(reader, data)
                let read: ItemSource.Read
                if case .readItems(_, let parameters) = attempt.request.work {
                    read = try source.read(
                        text, parameters, isManifestFile: !run.filesToRead.isEmpty || attempt.isSubmitted)
                } else {
                    return
                }
                run.items += read.items
                run.filesToRead = run.filesToRead.isEmpty ? read.files : Array(run.filesToRead.dropFirst())
                if let file = run.filesToRead.first {
                    run.attempt = begin(
                        request(
                            .readItems(reader.integration, file), scope, token.scope,
                            part: attempt.request.token.attempt % 10_000 + 1))
                    scopes[token.scope]?.phase = .mapRun(run)
                    return
                }
                if let maximum = source.maximumCount { run.items = Array(run.items.prefix(maximum)) }
                scopes[token.scope]?.phase = .mapRun(run)
                itemsAreThere(token.scope, run.items)
            } catch {
                failMapRun(token.scope, error)
            }
        }
    }

    func maximumItems(_ reader: ItemReader, _ data: StateData) throws(StateError) -> Int? {
        guard let number = try number(reader.maximumItems, "MaxItems", data) else { return nil }
        // None means all, as with a maximum beyond what there can be.
        guard number > 0 else { return nil }
        guard number <= 100_000_000 else {
            return 100_000_000
        }
        return Int(number)
    }

    /// Begins child executions over items.
    private mutating func itemsAreThere(_ id: Int, _ items: [JSONValue]) {
        guard let scope = scopes[id], case .mapRun(var run) = scope.phase, case .map(let map) = scope.state.kind
        else { return }
        run.items = items
        run.itemCount = items.count
        run.stage = .running
        do throws(StateError) {
            if let batcher = map.distribution?.batcher {
                run.batches = try batches(items, batcher, map, scope, id)
                run.items = []
            }
        } catch {
            return failMapRun(id, error)
        }
        run.outcomes = Array(repeating: nil, count: run.total)
        note(run, .running)
        scopes[id]?.phase = .mapRun(run)
        startChildren(id)
    }

    func batches(
        _ items: [JSONValue], _ batcher: ItemBatcher, _ map: MapState, _ scope: Scope, _ id: Int
    ) throws(StateError) -> [JSONValue] {
        let data = try data(of: scope, id)
        let most = try number(batcher.maximumItems, "MaxItemsPerBatch", data).map { max(1, Int(clamping: $0)) } ?? .max
        let bytes =
            try number(batcher.maximumBytes, "MaxInputBytesPerBatch", data).map(Int.init(clamping:))
            ?? limits.maximumDataByteCount
        var extra: JSONValue?
        if let input = batcher.batchInput { extra = try input.filled(data) }
        let fixed = 14 + (extra.map { $0.byteCount(upTo: bytes) + 14 } ?? 0)
        var batches: [JSONValue] = []
        var current: [JSONValue] = []
        var size = fixed
        func close() {
            guard !current.isEmpty else { return }
            var object = JSONObject()
            if let extra { object["BatchInput"] = extra }
            object["Items"] = .array(current)
            batches.append(.object(object))
            current = []
            size = fixed
        }
        for (index, value) in items.enumerated() {
            let (_, input) = try selected(map, index, value, scope, id)
            let count = input.byteCount(upTo: bytes) + 1
            if current.count >= most || (!current.isEmpty && size + count > bytes) { close() }
            current.append(input)
            size += count
        }
        close()
        return batches
    }

    /// Changes a run where it stands: what it holds may be large, and is not copied.
    private mutating func changeMapRun<Result>(_ id: Int, _ body: (inout MapRun) -> Result) -> Result? {
        scopes[id]?.phase.changeMapRun(body) ?? nil
    }

    /// Starts children as far as the concurrency allows; ends the run when none is left.
    mutating func startChildren(_ id: Int) {
        while let next = changeMapRun(id, { $0.popNext() }) ?? nil {
            switch next {
            case .new(let index): startChild(at: index, of: id)
            case .again(let number): startAgain(number, of: id)
            }
        }
        if let scope = scopes[id], case .mapRun(let run) = scope.phase, case .running = run.stage, run.isDone {
            childrenAreDone(id, run)
        }
    }

    private mutating func startChild(at index: Int, of id: Int) {
        guard var scope = scopes[id], case .map(let map) = scope.state.kind else { return }
        // So that the run is held in one place only.
        scope.phase = .nothing
        let found = changeMapRun(id) { run in
            (
                machine: run.machine, arn: run.arn, isExpress: run.isExpress,
                value: run.batches?[index] ?? run.items[index], isBatch: run.batches != nil
            )
        }
        guard let found else { return }
        let input: JSONValue
        do throws(StateError) {
            input = found.isBatch ? found.value : try selected(map, index, found.value, scope, id).1
        } catch {
            return failMapRun(id, error)
        }
        let number = nextChild
        nextChild += 1
        let identity = childIdentity(of: found.arn, isExpress: found.isExpress)
        var child = MapRun.Child(
            execution: Execution(
                machine: found.machine, identity: identity, input: input, seed: entropy.next(), limits: limits),
            index: index)
        child.execution.hasPlainAnswers = hasPlainAnswers
        let began = child.execution.start(at: now)
        absorb(began, child, number, of: id, input: input)
    }

    /// Has a child go on that ended badly; one of an express Map begins anew.
    private mutating func startAgain(_ number: Int, of id: Int) {
        guard var child = changeMapRun(id, { $0.unsuccessful.removeValue(forKey: number) }) ?? nil else { return }
        child.redriveCount += 1
        var number = number
        let made: Step
        if changeMapRun(id, { $0.isExpress }) == true {
            // With a new number, so that no token or timer of the time before is one of now.
            number = nextChild
            nextChild += 1
            let old = child.execution
            child.execution = Execution(
                machine: old.machine, identity: old.identity, input: old.input, seed: entropy.next(), limits: limits)
            child.execution.hasPlainAnswers = hasPlainAnswers
            made = child.execution.start(at: now)
        } else {
            made = child.execution.handle(.redrive, at: now)
        }
        absorb(made, child, number, of: id, isRedrive: true)
    }

    private func childIdentity(of runARN: String, isExpress: Bool) -> ExecutionIdentity {
        let resource = ExecutionIdentity.labelledName(ofMapRun: runARN) ?? identity.stateMachineName
        let name = entropy.uuid()
        let tail = isExpress ? "\(name):\(entropy.uuid())" : name
        return ExecutionIdentity(
            arn: identity.arn(kind: isExpress ? "express" : "execution", resource: "\(resource):\(tail)"),
            name: name, stateMachineARN: identity.arn(kind: "stateMachine", resource: resource),
            stateMachineName: resource, roleARN: identity.roleARN)
    }

    /// Hands an input on to a child.
    mutating func handle(_ input: ExecutionInput, inChild number: Int) {
        guard let id = childOwners[number],
            var child = changeMapRun(id, { $0.running.removeValue(forKey: number) }) ?? nil
        else {
            step.isIgnored = true
            return
        }
        let made = child.execution.handle(input, at: now)
        guard !made.isIgnored else {
            changeMapRun(id) { $0.running[number] = child }
            step.isIgnored = true
            return
        }
        absorb(made, child, number, of: id)
        startChildren(id)
    }

    /// Takes over what a child's step asks for, and its end.
    private mutating func absorb(
        _ made: Step, _ child: MapRun.Child, _ number: Int, of id: Int, input: JSONValue? = nil, isRedrive: Bool = false
    ) {
        let outcome = child.execution.outcome
        let now = now
        let found = changeMapRun(id) { run in
            if let outcome { run.settle(number, child, outcome, at: now) } else { run.running[number] = child }
            return (arn: run.arn, itemCount: run.itemCount(at: child.index), isExpress: run.isExpress, run.isFailing)
        }
        guard let (arn, itemCount, isExpress, isFailing) = found else { return }
        childOwners[number] = outcome == nil ? id : nil
        var told = ChildStep(
            path: [number], identity: child.execution.identity, mapRunARN: arn, input: input, events: made.events,
            outcome: outcome, isExpress: isExpress, itemCount: itemCount, redriveCount: child.redriveCount)
        told.isRedrive = isRedrive
        take(told, made)
        if outcome != nil, isFailing { failOverThreshold(id) }
    }

    /// Takes over what was told of a child, and what happened below it.
    mutating func take(_ child: ChildStep, _ made: Step) {
        step.children.append(child)
        let number = child.path[0]
        step.children += made.children.map { $0.inside(number) }
        step.mapRuns += made.mapRuns
        for command in made.commands {
            if case .finish = command { continue }
            step.commands.append(command.inside(number))
        }
    }

    mutating func failOverThreshold(_ id: Int) {
        if failureSnapshot == nil { failureSnapshot = scopes }
        failMapRun(
            id, StateError(StateError.thresholdName, cause: "The specified tolerated failure threshold was exceeded"))
    }

    /// Tells how a run stands.
    mutating func note(_ run: MapRun, _ status: MapRunStep.Status) {
        step.mapRuns.append(
            MapRunStep(
                arn: run.arn, executionARN: identity.arn,
                machineARN: identity.arn(
                    kind: "stateMachine",
                    resource: ExecutionIdentity.labelledName(ofMapRun: run.arn) ?? identity.stateMachineName),
                status: status, isExpress: run.isExpress, hasWriter: run.hasWriter, itemCount: run.itemCount,
                childCount: run.total, maximumConcurrency: run.maximumConcurrency,
                toleratedFailureCount: run.tolerance.count ?? 0,
                toleratedFailurePercentage: run.tolerance.percentage ?? 0, redriveCount: run.redriveCount))
    }

    /// Has a run go on by other rules.
    mutating func change(_ update: MapRunUpdate) {
        guard let id = scope(ofMapRun: update.arn) else {
            step.isIgnored = true
            return
        }
        let changed = changeMapRun(id) { run in
            if let maximum = update.maximumConcurrency { run.maximumConcurrency = maximum }
            if let count = update.toleratedFailureCount { run.tolerance.count = count }
            if let percentage = update.toleratedFailurePercentage { run.tolerance.percentage = percentage }
            return run
        }
        guard let changed else { return }
        note(changed, .running)
        if changed.isFailing { failOverThreshold(id) } else { startChildren(id) }
    }

    private func scope(ofMapRun arn: String) -> Int? {
        scopes.first { if case .mapRun(let run) = $0.value.phase { run.arn == arn } else { false } }?.key
    }

    /// The children on the way to the execution whose map run this is; nil when there is none that is under way.
    package func path(toMapRun arn: String) -> [Int]? {
        if scope(ofMapRun: arn) != nil { return [] }
        for (number, child) in runningChildren {
            if let path = child.path(toMapRun: arn) { return [number] + path }
        }
        return nil
    }

    /// All child executions that have not ended, with their numbers from this execution down.
    package var openChildren: [(path: [Int], identity: ExecutionIdentity)] {
        runningChildren.flatMap { number, child in
            [([number], child.identity)] + child.openChildren.map { ([number] + $0.path, $0.identity) }
        }
    }

    private var runningChildren: [(number: Int, execution: Execution)] {
        var found: [(number: Int, execution: Execution)] = []
        for (_, scope) in scopes.sorted(by: { $0.key < $1.key }) {
            guard case .mapRun(let run) = scope.phase else { continue }
            found += run.running.sorted { $0.key < $1.key }.map { ($0.key, $0.value.execution) }
        }
        return found
    }
}

extension MapState {
    /// The elements of an array; a distributed Map takes an object's members, too.
    static func elements(of value: JSONValue, isDistributed: Bool) -> [JSONValue]? {
        if let object = value.objectValue, isDistributed {
            return object.map { ["Key": .string($0.key), "Value": $0.value] }
        }
        return value.arrayValue
    }
}

extension Scope.Phase {
    fileprivate mutating func changeMapRun<Result>(_ body: (inout MapRun) -> Result) -> Result? {
        guard case .mapRun(var run) = self else { return nil }
        self = .nothing
        defer { self = .mapRun(run) }
        return body(&run)
    }
}

extension ExecutionIdentity {
    /// A state machine's name and a Map's label, from the ARN of a run of that Map.
    static func labelledName(ofMapRun arn: String) -> String? {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 1 ? String(parts[parts.count - 2]) : nil
    }
}

extension Int {
    /// The number cut to what fits.
    init(clamping number: Double) {
        self = number >= 0x1p62 ? 1 << 62 : number <= -0x1p62 ? -(1 << 62) : Int(number)
    }
}

import Clocks
import JSON
import JSONata

extension Execution {
    mutating func begin(_ map: MapState, _ id: Int, _ data: StateData) throws(StateError) {
        guard let scope = scopes[id] else { return }
        let reader = map.distribution?.reader
        let items = reader == nil ? try self.items(map, data) : try givenItems(map, data)
        inspection?.note("afterItemsPath", .array(items), reader == nil && scope.state.language == .jsonPath)
        let limit = map.distribution == nil ? MapState.concurrencyLimit : MapState.distributedConcurrencyLimit
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
                distribution, map, id, data, items: items,
                concurrency: concurrency > 0 ? min(concurrency, limit) : limit, tolerance: tolerance)
            return
        }
        scopes[id]?.phase = .children(
            Scope.Children(
                outputs: Array(repeating: nil, count: items.count), nextIndex: 0, items: items,
                concurrency: concurrency > 0 ? concurrency : limit))
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
            case .path(let path): found = try required(path, data)
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
            startedID: startedID, isExpress: distribution.executionType == .express, tolerance: tolerance,
            concurrency: concurrency, stage: .running)
        guard let reader = distribution.reader else {
            scopes[id]?.phase = .mapRun(run)
            return itemsAreThere(id, items)
        }
        var parameters = JSONValue.object([:])
        if let arguments = reader.arguments { parameters = try arguments.filled(data) }
        run.stage = .reading
        run.attempt = begin(request(.readItems(reader.integration, parameters), scope, id))
        scopes[id]?.phase = .mapRun(run)
    }

    private func request(_ work: TaskRequest.Work, _ scope: Scope, _ id: Int, part: Int = 0) -> TaskRequest {
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

    /// Starts children as far as the concurrency allows.
    private mutating func startChildren(_ id: Int) {
        while let scope = scopes[id], case .mapRun(var run) = scope.phase, case .running = run.stage,
            case .map(let map) = scope.state.kind, run.running.count < run.concurrency, let index = run.popNext()
        {
            let input: JSONValue
            do throws(StateError) {
                input =
                    if let batches = run.batches { batches[index] } else {
                        try selected(map, index, run.items[index], scope, id).1
                    }
            } catch {
                return failMapRun(id, error)
            }
            let number = nextChild
            nextChild += 1
            let identity = childIdentity(run)
            var child = Execution(
                machine: run.machine, identity: identity, input: input, seed: entropy.next(), limits: limits)
            child.hasPlainAnswers = hasPlainAnswers
            let began = child.start(at: now)
            run.running[number] = MapRun.Child(execution: child, index: index)
            childOwners[number] = id
            scopes[id]?.phase = .mapRun(run)
            absorb(began, from: number, of: id, isStart: true)
        }
        if let scope = scopes[id], case .mapRun(let run) = scope.phase, case .running = run.stage,
            run.running.isEmpty, run.doneCount >= run.total
        {
            childrenAreDone(id, run)
        }
    }

    private func childIdentity(_ run: MapRun) -> ExecutionIdentity {
        let tail = run.arn.split(separator: ":", omittingEmptySubsequences: false)
        let resource = tail.count > 1 ? String(tail[tail.count - 2]) : identity.stateMachineName
        let name = entropy.uuid()
        return ExecutionIdentity(
            arn: identity.arn(kind: run.isExpress ? "express" : "execution", resource: "\(resource):\(name)"),
            name: name, stateMachineARN: identity.arn(kind: "stateMachine", resource: resource),
            stateMachineName: resource, roleARN: identity.roleARN)
    }

    /// Hands an input on to a child.
    mutating func handle(_ input: ExecutionInput, inChild number: Int) {
        guard let id = childOwners[number], let scope = scopes[id], case .mapRun(var run) = scope.phase,
            var child = run.running[number]
        else {
            step.isIgnored = true
            return
        }
        let made = child.execution.handle(input, at: now)
        guard !made.isIgnored else {
            step.isIgnored = true
            return
        }
        run.running[number] = child
        scopes[id]?.phase = .mapRun(run)
        absorb(made, from: number, of: id, isStart: false)
        startChildren(id)
    }

    /// Takes over what a child's step asks for, and its end.
    private mutating func absorb(_ made: Step, from number: Int, of id: Int, isStart: Bool) {
        guard let scope = scopes[id], case .mapRun(var run) = scope.phase, let child = run.running[number] else {
            return
        }
        let outcome = child.execution.outcome
        step.children.append(
            ChildStep(
                path: [number], identity: child.execution.identity, mapRunARN: run.arn,
                input: isStart ? child.execution.input : nil,
                events: made.events, outcome: outcome, isExpress: run.isExpress))
        step.children += made.children.map { $0.inside(number) }
        for command in made.commands {
            if case .finish = command { continue }
            step.commands.append(command.inside(number))
        }
        guard let outcome else { return }
        run.running[number] = nil
        childOwners[number] = nil
        run.outcomes[child.index] = outcome
        run.doneCount += 1
        if case .succeeded = outcome {} else { run.failureCount += 1 }
        if case .map(let map) = scope.state.kind, map.distribution?.writer != nil {
            run.records.append(
                MapRun.Record(
                    identity: child.execution.identity, input: child.execution.input,
                    startTime: child.execution.startTime, stopTime: now, outcome: outcome))
        }
        scopes[id]?.phase = .mapRun(run)
        if run.tolerance.isExceeded(by: run.failureCount, of: run.total) {
            if failureSnapshot == nil { failureSnapshot = scopes }
            failMapRun(
                id,
                StateError(StateError.thresholdName, cause: "The specified tolerated failure threshold was exceeded"))
        }
    }

    private mutating func childrenAreDone(_ id: Int, _ run: MapRun) {
        guard let scope = scopes[id], case .map(let map) = scope.state.kind else { return }
        guard let writer = map.distribution?.writer else {
            let outputs = run.outcomes.compactMap { outcome -> JSONValue? in
                if case .succeeded(let output)? = outcome { output } else { nil }
            }
            return mapRunIsDone(id, .array(outputs))
        }
        do throws(StateError) {
            let data = try data(of: scope, id)
            let parameters = try writer.arguments?.filled(data) ?? [:]
            guard let bucket = parameters["Bucket"]?.stringValue else {
                throw StateError(
                    StateError.writerName, cause: "The parameter Bucket of the ResultWriter is missing or no string")
            }
            let (objects, manifestKey) = MapResults(
                run: run, bucket: bucket, prefix: parameters["Prefix"]?.stringValue ?? ""
            ).objects()
            var next = run
            next.stage = .writing([
                "MapRunArn": .string(run.arn),
                "ResultWriterDetails": ["Bucket": .string(bucket), "Key": .string(manifestKey)],
            ])
            next.attempt = begin(request(.writeObjects(bucket: bucket, objects), scope, id, part: 9_999))
            scopes[id]?.phase = .mapRun(next)
        } catch {
            failMapRun(id, error)
        }
    }

    private mutating func mapRunIsDone(_ id: Int, _ result: JSONValue) {
        guard let scope = scopes[id], case .mapRun(let run) = scope.phase else { return }
        scopes[id]?.phase = .nothing
        let succeeded = emit("MapRunSucceeded", .none, after: run.startedID)
        emit("MapStateSucceeded", .none, after: succeeded)
        // As recorded since the end of 2024, the exit follows the run's start.
        scopes[id]?.lastID = run.startedID
        resultIsThere(id, result)
    }

    private mutating func failMapRun(_ id: Int, _ error: StateError) {
        guard let scope = scopes[id], case .mapRun(let run) = scope.phase else { return }
        let located = error.located(in: scope.state.name, enteredAt: scope.enteredID)
        end(run)
        scopes[id]?.phase = .nothing
        emit(in: id, "MapRunFailed", .failed(located), after: run.startedID)
        fail(id, StateError(located.name, cause: located.cause))
    }

    /// Ends children that still run, and what the run waits for.
    mutating func end(_ run: MapRun) {
        if let attempt = run.attempt { cancel(attempt) }
        for (number, var child) in run.running.sorted(by: { $0.key < $1.key }) {
            childOwners[number] = nil
            let made = child.execution.handle(.stop(error: nil, cause: nil), at: now)
            step.children.append(
                ChildStep(
                    path: [number], identity: child.execution.identity, mapRunARN: run.arn, input: nil,
                    events: made.events,
                    outcome: child.execution.outcome, isExpress: run.isExpress))
            step.children += made.children.map { $0.inside(number) }
            for command in made.commands {
                if case .finish = command { continue }
                step.commands.append(command.inside(number))
            }
        }
    }

    /// Starts again what failed or was cut short of a run; what succeeded is kept.
    mutating func redriveMapRun(_ id: Int) {
        guard let scope = scopes[id], case .mapRun(var run) = scope.phase else { return }
        emit(in: id, "MapRunRedriven", .mapRunStarted(arn: run.arn), after: scope.lastID)
        switch run.stage {
        case .reading, .writing:
            guard let work = run.attempt?.request.work else { return }
            run.attempt = begin(request(work, scope, id, part: 5_000 + redriveCount))
            scopes[id]?.phase = .mapRun(run)
        case .running:
            for child in run.running.values { run.again.append(child.index) }
            run.running = [:]
            for (index, outcome) in run.outcomes.enumerated() {
                guard let outcome else { continue }
                if case .succeeded = outcome { continue }
                run.outcomes[index] = nil
                run.doneCount -= 1
                run.again.append(index)
            }
            run.again.sort()
            run.failureCount = 0
            scopes[id]?.phase = .mapRun(run)
            startChildren(id)
        }
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

extension ChildStep {
    fileprivate func inside(_ child: Int) -> ChildStep {
        var step = self
        step.path.insert(child, at: 0)
        return step
    }
}

extension Int {
    /// The number cut to what fits.
    init(clamping number: Double) {
        self = number >= 0x1p62 ? 1 << 62 : number <= -0x1p62 ? -(1 << 62) : Int(number)
    }
}

import Clocks
import JSON
import JSONata

/// How runs of distributed Maps end, and are redriven.
extension Execution {
    mutating func childrenAreDone(_ id: Int, _ run: MapRun) {
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

    mutating func mapRunIsDone(_ id: Int, _ result: JSONValue) {
        guard let scope = scopes[id], case .mapRun(let run) = scope.phase else { return }
        scopes[id]?.phase = .nothing
        note(run, .succeeded)
        let succeeded = emit("MapRunSucceeded", .none, after: run.startedID)
        emit("MapStateSucceeded", .none, after: succeeded)
        // As recorded since the end of 2024, the exit follows the run's start.
        scopes[id]?.lastID = run.startedID
        resultIsThere(id, result)
    }

    mutating func failMapRun(_ id: Int, _ error: StateError) {
        guard let scope = scopes[id], case .mapRun(let run) = scope.phase else { return }
        let located = error.located(in: scope.state.name, enteredAt: scope.enteredID)
        keepForRedrive(end(run, as: .failed), id)
        scopes[id]?.phase = .nothing
        emit(in: id, "MapRunFailed", .failed(located), after: run.startedID)
        fail(id, StateError(located.name, cause: located.cause))
    }

    /// Ends children that still run, and what the run waits for.
    ///
    /// - Returns: The run as a redrive finds it.
    mutating func end(_ run: MapRun, as status: MapRunStep.Status) -> MapRun {
        var run = run
        if let attempt = run.attempt { cancel(attempt) }
        for number in run.running.keys.sorted() {
            guard var child = run.running.removeValue(forKey: number) else { continue }
            childOwners[number] = nil
            let made = child.execution.handle(.stop(error: nil, cause: nil), at: now)
            take(told(child, number, of: run, events: made.events), made)
            if let outcome = child.execution.outcome { run.settle(number, child, outcome, at: now) }
        }
        for number in run.again {
            guard let child = run.unsuccessful[number], let outcome = child.execution.outcome else { continue }
            take(told(child, number, of: run), Step())
            run.settle(number, child, outcome, at: now)
        }
        run.again = []
        note(run, status)
        return run
    }

    func told(_ child: MapRun.Child, _ number: Int, of run: MapRun, events: [HistoryEvent] = []) -> ChildStep {
        ChildStep(
            path: [number], identity: child.execution.identity, mapRunARN: run.arn, input: nil, events: events,
            outcome: child.execution.outcome, isExpress: run.isExpress, itemCount: run.itemCount(at: child.index),
            redriveCount: child.redriveCount)
    }

    /// Puts a run that has ended where a redrive looks for it, in place of what it was before its end.
    mutating func keepForRedrive(_ run: MapRun, _ id: Int) {
        func replace(_ scope: inout Scope?) {
            guard case .mapRun(let kept)? = scope?.phase, kept.arn == run.arn else { return }
            var ended = run
            // What was read or written is asked for once more.
            if ended.attempt == nil { ended.attempt = kept.attempt }
            scope?.phase = .mapRun(ended)
        }
        if var snapshot = failureSnapshot {
            replace(&snapshot[id])
            failureSnapshot = snapshot
        }
        replace(&resumePoint[id])
    }

    /// Starts again what failed or was cut short of a run; what succeeded is kept.
    mutating func redriveMapRun(_ id: Int) {
        guard let scope = scopes[id], case .mapRun(var run) = scope.phase else { return }
        run.redriveCount += 1
        emit(
            in: id, "MapRunRedriven", .mapRunRedriven(arn: run.arn, count: run.redriveCount), after: scope.lastID)
        switch run.stage {
        case .reading, .writing:
            if let work = run.attempt?.request.work {
                run.attempt = begin(request(work, scope, id, part: 5_000 + redriveCount))
            }
            note(run, .running)
            scopes[id]?.phase = .mapRun(run)
        case .running:
            run.prepareRedrive()
            note(run, .running)
            for number in run.again.dropFirst(run.concurrency) {
                guard let child = run.unsuccessful[number] else { continue }
                var waiting = told(child, number, of: run)
                waiting.awaitsRedrive = true
                take(waiting, Step())
            }
            // More may be left over that has no room to go on than is tolerated.
            let isFailing = run.isFailing
            scopes[id]?.phase = .mapRun(run)
            if isFailing { failOverThreshold(id) } else { startChildren(id) }
        }
    }
}

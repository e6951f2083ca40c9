import Clocks
package import JSON

/// Goes through one execution's history, event by event, and counts the points that it reached.
///
/// Histories do not name the rule, retrier or catcher that was taken. They tell what a state was given and what went
/// wrong; the definition's own evaluation says which way that leads, and the next state whether it did. Memory is that of
/// the states that run at the same time. Whatever a history is (cut short, of another machine, no history at all) the walk
/// counts what it can tell and says how much it could not.
package struct HistoryWalk: Sendable {
    /// States that run one after the other: the machine's own, a branch's, or an iteration's.
    struct Line: Sendable {
        /// What the history has told of the state's work since it was entered.
        enum Work: Sendable {
            case unknown
            case succeeded
            case caught(Int, StateError)
        }

        /// A state that was left, until it is known where to.
        struct Exit: Sendable {
            let output: JSONValue?
            /// What a Choice's rules say: a rule, or the Default when `isFallback`; nil when they could not be asked.
            let rule: Int?
            let isFallback: Bool
        }

        let group: CoverageMap.Group?
        let parent: Int?
        var children: [Int] = []
        var lastID: Int
        var state: State?
        var idBeforeEntry = 0
        var enteredTime = Timestamp(microsecondsSinceEpoch: 0)
        var input: JSONValue?
        var variables: [String: JSONValue] = [:]
        /// The item of an iteration: its number and, where it is the iteration's input, its value.
        var itemIndex: Int?
        var item: JSONValue?
        var retries: [Int] = []
        var work = Work.unknown
        var exit: Exit?
    }

    /// Lines kept at once: above what an execution of 25,000 events can have.
    static let maximumLineCount = 25_000

    /// Lines among which one is searched when the events' ids lead nowhere.
    static let maximumSearchedCount = 1_000

    let map: CoverageMap
    private let identity: ExecutionIdentity
    /// What tasks answered, by state, when it is asked for: the last answer of each.
    private let keepsAnswers: Bool
    private(set) package var answers: [String: JSONValue] = [:]
    private(set) package var counts = CoverageCounts()
    private var lines: [Int: Line] = [:]
    private var nextLine = 0
    /// No line before this one is there when there are too many.
    private var oldestLine = 0
    private var byLastID: [Int: [Int]] = [:]
    /// The lines as they stood when an error began to end the execution: a redrive goes on from there.
    private var resumable: [Int: Line] = [:]
    private var executionInput: JSONValue?
    private var roleARN = ""
    private var startTime = Timestamp(microsecondsSinceEpoch: 0)
    private var now = Timestamp(microsecondsSinceEpoch: 0)

    package init(map: CoverageMap, identity: ExecutionIdentity, keepsAnswers: Bool = false) {
        self.map = map
        self.keepsAnswers = keepsAnswers
        self.identity = identity
        counts.executionCount = 1
    }

    /// Takes the next event, in AWS's shape.
    package mutating func take(_ event: JSONValue) {
        counts.eventCount += 1
        guard let type = event["type"]?.stringValue, let id = event["id"]?.intValue, id > 0 else {
            counts.malformedEventCount += 1
            return
        }
        let previousID = event["previousEventId"]?.intValue ?? 0
        if let time = HistoryWalk.time(event["timestamp"]) { now = time }
        let details = event.objectValue?.first { $0.key.hasSuffix("EventDetails") }?.value
        switch type {
        case "ExecutionStarted":
            startTime = now
            executionInput = HistoryWalk.json(details?["input"])
            roleARN = details?["roleArn"]?.stringValue ?? ""
        case "ExecutionRedriven": redrive(id)
        case "MapIterationStarted": iterationStarted(id, previousID, details)
        case "EvaluationFailed":
            guard let name = details?["state"]?.stringValue else { return }
            let here = byLastID[previousID]?.last { lines[$0]?.state?.name == name && lines[$0]?.exit == nil }
            guard let line = here ?? failed(name, enteredAfter: previousID) else { return }
            move(line, to: id)
            fail(line, HistoryWalk.error(details))
        default:
            if type.hasSuffix("StateEntered") {
                entered(type, id, previousID, details)
            } else if type.hasSuffix("StateExited") {
                exited(type, id, previousID, details)
            } else {
                worked(type, id, previousID, details)
            }
        }
    }

    /// Takes what is still open into account: call it once, after the last event.
    package mutating func finish() {
        for line in lines.keys.sorted() { leave(line, to: nil) }
        lines = [:]
        byLastID = [:]
        resumable = [:]
    }

    // MARK: Events

    private mutating func entered(_ type: String, _ id: Int, _ previousID: Int, _ details: JSONValue?) {
        let name = details?["name"]?.stringValue ?? ""
        guard let place = map.places[name], type == "\(place.state.type)StateEntered" else {
            counts.note(unknown: name)
            return
        }
        let line = line(entering: place, after: previousID)
        leave(line, to: name)
        counts.count(name, .entered)
        let input = HistoryWalk.json(details?["input"])
        if lines[line]?.state == nil, lines[line]?.itemIndex != nil, let group = place.group,
            case .map(let owner)? = map.places[group.state]?.state.kind, owner.itemSelector == nil
        {
            lines[line]?.item = input
        }
        lines[line]?.idBeforeEntry = previousID
        lines[line]?.state = place.state
        lines[line]?.input = input
        lines[line]?.enteredTime = now
        lines[line]?.retries = Array(repeating: 0, count: place.state.retriers.count)
        lines[line]?.work = .unknown
        move(line, to: id)
        if case .fail(let state) = place.state.kind, let entered = lines[line] {
            let error: StateError
            do throws(StateError) {
                error = try state.error(try data(entered))
            } catch let found {
                error = found
            }
            fail(line, error)
        }
    }

    private mutating func exited(_ type: String, _ id: Int, _ previousID: Int, _ details: JSONValue?) {
        let name = details?["name"]?.stringValue ?? ""
        guard let place = map.places[name], type == "\(place.state.type)StateExited" else {
            // Its entry was counted as unknown; one that was not seen is of no use.
            return
        }
        guard let line = actor(previousID, { $0.state?.name == name && $0.exit == nil }) ?? latest(in: name),
            let left = lines[line]
        else {
            counts.undetermined[name, default: 0] += 1
            return
        }
        endChildren(of: line)
        var rule: Int?
        var isFallback = false
        if case .choice(let choice) = place.state.kind, left.input != nil, let data = try? data(left) {
            do throws(StateError) {
                rule = try choice.trueRule(data)
                isFallback = rule == nil && choice.fallback != nil
            } catch {
                // What it looked at is not in the history: the next state may tell.
            }
        }
        lines[line]?.exit = Line.Exit(
            output: HistoryWalk.json(details?["output"]), rule: rule, isFallback: isFallback)
        for (variable, text) in details?["assignedVariables"]?.objectValue ?? [:] {
            lines[line]?.variables[variable] = HistoryWalk.json(text)
        }
        move(line, to: id)
    }

    /// What is told of a state's work between its entry and its exit.
    private mutating func worked(_ type: String, _ id: Int, _ previousID: Int, _ details: JSONValue?) {
        let owner: String
        if type.hasPrefix("LambdaFunction") || type.hasPrefix("Activity") || type.hasPrefix("Task") {
            owner = "Task"
        } else if type.hasPrefix("Map") {
            owner = "Map"
        } else if type.hasPrefix("Parallel") {
            owner = "Parallel"
        } else {
            return
        }
        if type.hasSuffix("Aborted") { return }
        if type == "MapIterationFailed" { return }
        let resource = details?["resource"]?.stringValue
        let found = actor(previousID) { line in
            guard line.exit == nil, let state = line.state, state.type == owner else { return false }
            // After a redrive several tasks follow one event.
            if type == "LambdaFunctionScheduled" || type == "ActivityScheduled", let resource,
                case .task(let task) = state.kind
            {
                return task.resourceText == resource
            }
            return true
        }
        guard let line = found ?? onlyOne(of: owner) else { return }
        switch type {
        case "MapIterationSucceeded":
            if let child = byLastID[previousID]?.last(where: { lines[$0]?.parent == line }) { end(child) }
        case "MapStateStarted", "ParallelStateStarted":
            endChildren(of: line)
            lines[line]?.work = .unknown
        case "MapRunSucceeded":
            // As recorded, the exit follows the run's start.
            lines[line]?.work = .succeeded
            return
        case "ParallelStateFailed", "MapStateFailed": endChildren(of: line)
        case _ where type.hasSuffix("StateSucceeded"):
            lines[line]?.work = .succeeded
            // As recorded, the exit follows what this follows.
            if type == "MapStateSucceeded" || type == "ParallelStateSucceeded" { return }
        case _ where type.hasSuffix("Succeeded"):
            lines[line]?.work = .succeeded
            if keepsAnswers, let name = lines[line]?.state?.name, let answer = HistoryWalk.json(details?["output"]) {
                answers[name] = answer
            }
        case _ where type.hasSuffix("Scheduled"): lines[line]?.work = .unknown
        default: break
        }
        move(line, to: id)
        if type.hasSuffix("Failed") || type.hasSuffix("TimedOut"), !type.hasSuffix("StateFailed") {
            var error = HistoryWalk.error(details)
            if error.name.isEmpty, type.hasSuffix("TimedOut") { error = StateError(StateError.timeout, cause: nil) }
            fail(line, error)
        }
    }

    private mutating func iterationStarted(_ id: Int, _ previousID: Int, _ details: JSONValue?) {
        let name = details?["name"]?.stringValue
        guard let owner = actor(previousID, { $0.state?.name == name }) ?? latest(in: name ?? "") else { return }
        let line = open(CoverageMap.Group(state: name ?? "", branch: 0), under: owner, after: id)
        lines[line]?.itemIndex = details?["index"]?.intValue ?? 0
    }

    private mutating func redrive(_ id: Int) {
        if !resumable.isEmpty { lines = resumable }
        resumable = [:]
        byLastID = [:]
        for line in lines.keys.sorted() where lines[line]?.exit == nil {
            lines[line]?.work = .unknown
            let retrierCount = lines[line]?.retries.count ?? 0
            lines[line]?.retries = Array(repeating: 0, count: retrierCount)
            lines[line]?.lastID = id
            byLastID[id, default: []].append(line)
        }
    }

    // MARK: Errors

    /// A state has failed: what becomes of that is the definition's to say.
    private mutating func fail(_ id: Int, _ error: StateError) {
        guard let line = lines[id], let state = line.state else { return }
        counts.note(error: error.name, in: state.name)
        let handling = state.handling(of: error, retries: line.retries)
        if handling.retrier == nil, handling.catcher == nil, resumable.isEmpty { resumable = lines }
        endChildren(of: id)
        if let index = handling.exhaustedRetrier { counts.count(state.name, .exhausted(index)) }
        if let index = handling.retrier {
            lines[id]?.retries[index] += 1
            lines[id]?.work = .unknown
            counts.count(state.name, .retried(index))
            for name in state.retriers[index].errors where error.isMatched(by: [name]) {
                counts.count(state.name, .retriedError(index, name))
            }
        } else if let index = handling.catcher {
            lines[id]?.work = .caught(index, error)
        } else {
            guard let parent = line.parent, lines[parent] != nil else { return }
            let lastID = line.lastID
            endChildren(of: parent)
            move(parent, to: lastID)
            fail(parent, StateError(error.name, cause: error.cause))
            return
        }
        resumable = [:]
    }

    // MARK: Ways out

    /// Counts the way that a state was left, now that it is known where to: nil for the end of its states.
    private mutating func leave(_ id: Int, to next: String?) {
        guard let line = lines[id], let exit = line.exit, let state = line.state else { return }
        lines[id]?.exit = nil
        switch state.kind {
        case .choice(let choice): count(choice, state.name, exit, next)
        case .task, .parallel, .map:
            switch line.work {
            case .caught(let index, let error) where next == nil || state.catchers[index].next == next:
                caught(state, index, error)
            case .succeeded where isTransition(state, next) && told(by: exit, of: line, state, next) == nil:
                counts.count(state.name, .succeeded)
            default: leaveSilently(line, state, exit, next)
            }
        default: break
        }
    }

    private func isTransition(_ state: State, _ next: String?) -> Bool {
        guard case .next(let name) = state.transition else { return next == nil }
        return next == nil || next == name
    }

    private mutating func count(_ choice: ChoiceState, _ name: String, _ exit: Line.Exit, _ next: String?) {
        if let rule = exit.rule, next == nil || choice.rules[rule].next == next {
            counts.count(name, .rule(rule))
        } else if exit.isFallback, next == nil || choice.fallback == next {
            counts.count(name, .fallback)
        } else {
            let rules = choice.rules.indices.filter { choice.rules[$0].next == next }
            let isFallback = next != nil && choice.fallback == next
            switch (rules.count, isFallback) {
            case (1, false): counts.count(name, .rule(rules[0]))
            case (0, true): counts.count(name, .fallback)
            default: counts.undetermined[name, default: 0] += 1
            }
        }
    }

    private mutating func caught(_ state: State, _ index: Int, _ error: StateError) {
        counts.count(state.name, .caught(index))
        for name in state.catchers[index].errors where error.isMatched(by: [name]) {
            counts.count(state.name, .caughtError(index, name))
        }
    }

    /// A state was left without an event that tells of its work, or with one that does not fit: an error of the state's
    /// own paths has none. Where the output does not hold it, the next state may tell.
    private mutating func leaveSilently(_ line: Line, _ state: State, _ exit: Line.Exit, _ next: String?) {
        if let (index, error) = told(by: exit, of: line, state, next) {
            counts.note(error: error.name, in: state.name)
            return caught(state, index, error)
        }
        let candidates = state.catchers.indices.filter { state.catchers[$0].next == next }
        switch (candidates.count, isTransition(state, next)) {
        case (1, false): counts.count(state.name, .caught(candidates[0]))
        case (0, true): counts.count(state.name, .succeeded)
        default: counts.undetermined[state.name, default: 0] += 1
        }
    }

    /// The error that a catcher has put into the output, where the input has something else.
    private func told(
        by exit: Line.Exit, of line: Line, _ state: State, _ next: String?
    ) -> (catcher: Int, StateError)? {
        for (index, catcher) in state.catchers.enumerated() where next == nil || catcher.next == next {
            var (before, after) = (line.input, exit.output)
            if case .path(let path) = catcher.resultPath {
                before = before.flatMap { try? path.value(in: $0) }
                after = after.flatMap { try? path.value(in: $0) }
            }
            guard let after, after != before, after.objectValue?.count == 2, after["Cause"]?.stringValue != nil,
                let name = after["Error"]?.stringValue
            else { continue }
            let error = StateError(name, cause: nil)
            if state.handling(of: error, retries: state.retriers.map(\.maximumAttempts)).catcher == index {
                return (index, error)
            }
        }
        return nil
    }

    // MARK: Lines

    /// The line in which a state is entered: one that goes on, or a new one.
    private mutating func line(entering place: CoverageMap.Place, after previousID: Int) -> Int {
        let here = byLastID[previousID] ?? []
        if let line = here.last(where: { lines[$0]?.group == place.group && lines[$0]?.exit != nil }) { return line }
        if let line = here.last(where: { lines[$0]?.group == place.group && lines[$0]?.state == nil }) { return line }
        if let group = place.group, let owner = here.last(where: { lines[$0]?.state?.name == group.state }) {
            return open(group, under: owner, after: previousID)
        }
        return open(place.group, under: nil, after: previousID)
    }

    private mutating func open(_ group: CoverageMap.Group?, under parent: Int?, after id: Int) -> Int {
        if lines.count >= HistoryWalk.maximumLineCount {
            while lines[oldestLine] == nil, oldestLine < nextLine { oldestLine += 1 }
            endChildren(of: oldestLine)
            remove(oldestLine)
        }
        let line = nextLine
        nextLine += 1
        let variables = parent.flatMap { lines[$0]?.variables } ?? [:]
        lines[line] = Line(group: group, parent: parent, lastID: id, variables: variables)
        if let parent { lines[parent]?.children.append(line) }
        byLastID[id, default: []].append(line)
        return line
    }

    /// The line that an event after `previousID` is of: one that stands there, or one that a line there is inside.
    private func actor(_ previousID: Int, _ isWanted: (Line) -> Bool) -> Int? {
        for line in byLastID[previousID] ?? [] {
            var current: Int? = line
            while let id = current, let found = lines[id] {
                if isWanted(found) { return id }
                current = found.parent
            }
        }
        return nil
    }

    /// The line whose state failed before it did anything: such a failure follows what the entry followed.
    private func failed(_ state: String, enteredAfter previousID: Int) -> Int? {
        lines.filter {
            $0.value.state?.name == state && $0.value.exit == nil && $0.value.idBeforeEntry == previousID
        }.keys.max()
    }

    private func latest(in state: String) -> Int? {
        guard lines.count <= HistoryWalk.maximumSearchedCount else { return nil }
        return lines.filter { $0.value.state?.name == state && $0.value.exit == nil }.keys.max()
    }

    /// Where an event's predecessor is not known: the only line that can be meant.
    private func onlyOne(of type: String) -> Int? {
        guard lines.count <= HistoryWalk.maximumSearchedCount else { return nil }
        let found = lines.filter { $0.value.state?.type == type && $0.value.exit == nil }.keys
        return found.count == 1 ? found.first : nil
    }

    private mutating func move(_ line: Int, to id: Int) {
        guard let old = lines[line]?.lastID else { return }
        byLastID[old]?.removeAll { $0 == line }
        if byLastID[old]?.isEmpty == true { byLastID[old] = nil }
        lines[line]?.lastID = id
        byLastID[id, default: []].append(line)
    }

    /// Forgets what a line holds; its last event still leads to its parent.
    private mutating func end(_ line: Int) {
        leave(line, to: nil)
        endChildren(of: line)
        lines[line]?.state = nil
        lines[line]?.input = nil
        lines[line]?.item = nil
        lines[line]?.variables = [:]
        // A group that no state is of: nothing goes on here.
        guard let ended = lines[line] else { return }
        lines[line] = Line(
            group: CoverageMap.Group(state: "", branch: -1), parent: ended.parent, lastID: ended.lastID)
    }

    private mutating func endChildren(of parent: Int) {
        guard let children = lines[parent]?.children, !children.isEmpty else { return }
        lines[parent]?.children = []
        for line in children {
            leave(line, to: nil)
            endChildren(of: line)
            remove(line)
        }
    }

    private mutating func remove(_ line: Int) {
        guard let old = lines.removeValue(forKey: line)?.lastID else { return }
        byLastID[old]?.removeAll { $0 == line }
        if byLastID[old]?.isEmpty == true { byLastID[old] = nil }
    }

    // MARK: Values

    /// What the state's expressions saw.
    private func data(_ line: Line) throws(StateError) -> StateData {
        guard let state = line.state, let input = line.input else {
            throw .runtime("the history does not hold the input")
        }
        var item: Scope.Item?
        var around: Line? = line
        while let current = around {
            if let index = current.itemIndex {
                item = current.item.map { Scope.Item(index: index, value: $0) }
                break
            }
            around = current.parent.flatMap { lines[$0] }
        }
        let context = ContextObject(
            identity: ExecutionIdentity(
                arn: identity.arn, name: identity.name, stateMachineARN: identity.stateMachineARN,
                stateMachineName: identity.stateMachineName, roleARN: roleARN),
            executionInput: executionInput ?? .null, startTime: startTime, redriveCount: 0, redriveTime: nil,
            stateName: state.name, enteredTime: line.enteredTime, retryCount: nil, item: item, taskToken: nil,
            given: nil)
        let whole = StateData(
            input: input, context: context, variables: line.variables, now: now, entropy: SeededEntropy(seed: 0))
        return whole.with(input: try whole.selected(state.inputPath))
    }

    private static func json(_ text: JSONValue?) -> JSONValue? {
        // Recordings keep some texts as the JSON that they spell.
        guard let string = text?.stringValue else { return text }
        return try? JSONValue(parsing: string)
    }

    private static func error(_ details: JSONValue?) -> StateError {
        StateError(details?["error"]?.stringValue ?? "", cause: details?["cause"]?.stringValue)
    }

    private static func time(_ value: JSONValue?) -> Timestamp? {
        switch value {
        case .string(let text)?: Timestamp(iso8601: text)
        case .number(let number)? where abs(number.double) < 1e12: Timestamp(secondsSinceEpoch: number.double)
        default: nil
        }
    }
}

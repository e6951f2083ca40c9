import Clocks
package import JSON

/// A test case for mocked tasks that was run and reaches points.
package struct ProposedCase: Sendable {
    /// The name behind the `#` of the machine's ARN.
    package let name: String
    package let input: JSONValue
    /// What it was made for, and all that it reaches.
    package let target: CoveragePoint
    package let reached: Set<CoveragePoint>
    /// `TestCases`' object for this case, and the responses that it names.
    let states: JSONObject
    let responses: JSONObject
}

/// Cases for what was not reached, and what no case was found for.
package struct CaseProposals: Sendable {
    package struct Gap: Sendable {
        package let item: CoverageMap.Item
        /// Why no case was found.
        package let reason: String
    }

    package let machine: String
    package var cases: [ProposedCase] = []
    package var gaps: [Gap] = []

    /// The cases of several machines in the format of Step Functions Local.
    package static func configuration(_ all: [CaseProposals]) -> JSONValue {
        var machines = JSONObject()
        var responses = JSONObject()
        for proposals in all where !proposals.cases.isEmpty {
            var cases = JSONObject()
            for proposed in proposals.cases {
                cases[proposed.name] = .object(proposed.states)
                for (name, response) in proposed.responses { responses[name] = response }
            }
            machines[proposals.machine] = ["TestCases": .object(cases)]
        }
        return ["StateMachines": .object(machines), "MockedResponses": .object(responses)]
    }

    /// What each case is to be started with, which the format has no place for.
    package static func inputs(_ all: [CaseProposals]) -> JSONValue {
        .object(
            JSONObject(
                all.filter { !$0.cases.isEmpty }.map { proposals in
                    (
                        proposals.machine,
                        .object(JSONObject(proposals.cases.map { ($0.name, $0.input) }))
                    )
                }))
    }
}

/// Proposes mocked test cases that reach points, and runs each before it says so.
///
/// A case is looked for along the definition's graph: which errors tasks throw, and which values the rules on the way want,
/// traced back to the execution's input or a task's answer. What a plan promises is not believed: each case is run by the
/// reducer under a virtual clock, as the mock configuration that it will be printed as, and its history is counted.
package struct CaseProposer {
    static let cause = "mocked"
    /// Cases run for one point at most, and ways through the rules of one plan.
    private static let runLimit = 60
    private static let combinationLimit = 24
    /// Inputs that a run may take: far above what a test case is for.
    private static let inputLimit = 3_000

    private let map: CoverageMap
    private let machine: String
    private let sampleInput: JSONValue
    private let answers: [String: JSONValue]

    /// - Parameters:
    ///   - sampleInput: An input that the machine has been started with.
    ///   - answers: What its tasks have answered, by state, as histories have it.
    package init(map: CoverageMap, machine: String, sampleInput: JSONValue? = nil, answers: [String: JSONValue] = [:]) {
        self.map = map
        self.machine = machine
        self.sampleInput = sampleInput ?? [:]
        var given: [String: JSONValue] = [:]
        for (name, place) in map.places {
            guard case .task(let task) = place.state.kind else { continue }
            if case .service(.lambdaInvoke) = task.resource {
                given[name] = answers[name] ?? ["StatusCode": 200, "Payload": [:]]
            } else {
                given[name] = answers[name] ?? [:]
            }
        }
        self.answers = given
    }

    /// Proposes cases for points; one that an earlier case reaches gets none of its own.
    package func proposals(for missing: [CoverageMap.Item]) -> CaseProposals {
        var proposals = CaseProposals(machine: machine)
        var reached: Set<CoveragePoint> = []
        // Cases for errors and rules reach most of the rest on their way.
        let ordered = missing.enumerated().sorted {
            (rank($0.element.point), $0.offset) < (rank($1.element.point), $1.offset)
        }.map(\.element)
        for item in ordered where !reached.contains(item.point) {
            switch proposal(for: item, names: Set(proposals.cases.map(\.name))) {
            case .success(let proposed):
                proposals.cases.append(proposed)
                reached.formUnion(proposed.reached)
            case .failure(let gap): proposals.gaps.append(CaseProposals.Gap(item: item, reason: gap.reason))
            }
        }
        // A later case may reach what none was found for.
        proposals.gaps.removeAll { reached.contains($0.item.point) }
        return proposals
    }

    private func rank(_ point: CoveragePoint) -> Int {
        switch point.kind {
        case .caught, .caughtError: 0
        case .exhausted: 1
        case .retried, .retriedError: 2
        case .rule, .fallback: 3
        case .succeeded: 4
        case .entered: 5
        }
    }

    private struct NotFound: Error {
        let reason: String
    }

    private func proposal(for item: CoverageMap.Item, names: Set<String>) -> Result<ProposedCase, NotFound> {
        let plans = CasePlanner(map: map).plans(for: item.point)
        guard !plans.isEmpty else {
            return .failure(
                NotFound(
                    reason: "no way through the definition leads there with errors that a task or Fail state can give"))
        }
        var name = caseName(item.point)
        while names.contains(name) { name += "-2" }
        var runs = 0
        var reasons: [String] = []
        for plan in plans {
            for var draft in drafts(plan, &reasons) {
                runs += 1
                guard runs <= CaseProposer.runLimit else { break }
                switch verified(draft, item.point, name) {
                case .success(let proposed): return .success(proposed)
                case .failure(let problem): reasons.append(problem.reason)
                }
                // A loop that the chosen answer keeps going ends when later calls have the plain one.
                guard draft.answers != answers else { continue }
                draft.isChosenOnce = true
                if case .success(let proposed) = verified(draft, item.point, name) { return .success(proposed) }
            }
        }
        return .failure(NotFound(reason: reasons.first ?? "no value was found for the rules on the way"))
    }

    // MARK: Drafts

    private struct Draft {
        var input: JSONValue
        var answers: [String: JSONValue]
        /// Whether a task gives the chosen answer at its first good call alone.
        var isChosenOnce = false
        let faults: [String: CasePlan.Fault]
    }

    private func drafts(_ plan: CasePlan, _ reasons: inout [String]) -> [Draft] {
        var combinations: [[(Int, CaseLiteral)]] = [[]]
        for (index, node) in plan.nodes.enumerated() {
            guard case .choice(let choice) = node.state.kind else { continue }
            let wanted: Int?
            switch node.way {
            case .rule(let rule): wanted = rule
            case .fallback: wanted = nil
            default: continue
            }
            guard let alternatives = choice.alternatives(of: wanted) else {
                reasons.append(
                    node.state.language == .jsonata
                        ? "the rules of '\(node.state.name)' are JSONata, for which no values are computed"
                        : "the rules of '\(node.state.name)' have too many ways to come out")
                // What is there may do.
                continue
            }
            combinations = Array(
                combinations.flatMap { before in alternatives.map { before + $0.map { (index, $0) } } }
                    .prefix(CaseProposer.combinationLimit))
        }
        return combinations.compactMap { draft(plan, $0, &reasons) }
    }

    private func draft(_ plan: CasePlan, _ literals: [(Int, CaseLiteral)], _ reasons: inout [String]) -> Draft? {
        let tracer = CaseTracer(plan: plan.withNeighbours)
        var draft = Draft(input: sampleInput, answers: answers, faults: plan.faults)
        var groups: [CaseSource: [CaseLiteral]] = [:]
        var order: [CaseSource] = []
        func add(_ source: CaseSource, _ literal: CaseLiteral) {
            if groups[source] == nil { order.append(source) }
            groups[source, default: []].append(literal)
        }
        for (index, literal) in literals {
            let source = tracer.source(of: literal.path, at: index)
            var literal = literal
            if case .relation(let kind, let relation, .path(let path)) = literal.comparison {
                let other = tracer.source(of: path, at: index)
                var value = CaseValues.typical(kind)
                if case .constant(let constant?) = other {
                    value = constant
                } else {
                    add(
                        other,
                        CaseLiteral(path: path, comparison: .relation(kind, .equals, .literal(value)), expected: true))
                }
                literal.comparison = .relation(kind, relation, .literal(value))
            }
            add(source, literal)
        }
        for (source, literal) in CaseProposer.needs(tracer) { add(source, literal) }
        var changes: [(source: CaseSource, keys: [CaseSource.Key], value: JSONValue?)] = []
        for source in order {
            guard let literals = groups[source] else { continue }
            switch source {
            case .unknown(let reason):
                reasons.append("the value of '\(literals[0].path.text)' can't be chosen: \(reason)")
            case .constant(let constant):
                guard let found = CaseValues.value(for: literals, current: constant), found == constant else {
                    reasons.append("'\(literals[0].path.text)' is always \(constant?.text() ?? "missing") there")
                    return nil
                }
            case .input(let keys), .answer(_, let keys):
                guard let value = CaseValues.value(for: literals, current: current(source, draft)) else {
                    reasons.append("no value of '\(literals[0].path.text)' was found that does what the rules want")
                    return nil
                }
                changes.append((source, keys, value))
            }
        }
        for change in changes.sorted(by: { $0.keys.count < $1.keys.count }) {
            switch change.source {
            case .input: draft.input = draft.input.setting(change.value, at: change.keys[...]) ?? [:]
            case .answer(let state, _):
                draft.answers[state] = (draft.answers[state] ?? [:]).setting(change.value, at: change.keys[...]) ?? [:]
            default: break
            }
        }
        return draft
    }

    private func current(_ source: CaseSource, _ draft: Draft) -> JSONValue? {
        switch source {
        case .input(let keys): draft.input.value(at: keys)
        case .answer(let state, let keys): draft.answers[state]?.value(at: keys)
        default: nil
        }
    }

    /// What the states on the way need to find so that they do not fail.
    private static func needs(_ tracer: CaseTracer) -> [(CaseSource, CaseLiteral)] {
        var needs: [(CaseSource, CaseLiteral)] = []
        for (index, node) in tracer.plan.nodes.enumerated() where node.state.language == .jsonPath {
            func need(
                _ path: JSONPath, _ source: (JSONPath) -> CaseSource, _ comparison: Comparison = .isPresent(true)
            ) {
                let source = source(path)
                // What can't be chosen may be there all the same: the run tells.
                if case .unknown = source { return }
                if case .constant = source { return }
                needs.append((source, CaseLiteral(path: path, comparison: comparison, expected: true)))
            }
            func given(_ path: JSONPath) -> CaseSource { tracer.source(of: path, at: index) }
            if case .path(let path) = node.state.inputPath { need(path) { tracer.input($0, at: index) } }
            switch node.state.kind {
            case .pass(let pass):
                pass.parameters?.paths.forEach { need($0, given) }
                node.state.assign?.paths.forEach { need($0) { tracer.result($0, at: index) } }
            case .task(let task):
                task.arguments?.paths.forEach { need($0, given) }
                guard node.way == .next else { break }
                task.resultSelector?.paths.forEach { need($0) { tracer.answer($0, at: index) } }
                node.state.assign?.paths.forEach { need($0) { tracer.result($0, at: index) } }
            case .choice(let choice):
                if case .rule(let rule) = node.way { choice.rules[rule].assign?.paths.forEach { need($0, given) } }
                if node.way == .fallback { node.state.assign?.paths.forEach { need($0, given) } }
            case .parallel(let parallel): parallel.arguments?.paths.forEach { need($0, given) }
            case .wait(let wait):
                if case .secondsPath(let path) = wait.until {
                    need(path, given, .relation(.numeric, .greaterThanEquals, .literal(0)))
                }
                if case .timestampPath(let path) = wait.until { need(path, given, .test(.isTimestamp, true)) }
            case .fail(let fail):
                for text in [fail.error, fail.cause] {
                    if case .path(.path(let path))? = text { need(path, given, .test(.isString, true)) }
                }
            case .map(let map):
                map.itemSelector?.paths.forEach { need($0) { tracer.selected($0, of: map, at: index) } }
                // With an item there is an iteration.
                if case .path(let path)? = map.itemsPath, let first = try? JSONPath(path.text + "[0]") {
                    need(first, given)
                } else if map.itemsPath == nil, map.items == nil, let first = try? JSONPath("$[0]") {
                    need(first, given)
                }
            case .succeed: break
            }
        }
        return needs
    }

    // MARK: Runs

    /// Runs a draft as the configuration that it would be printed as, cut to the answers that are asked for.
    private func verified(_ draft: Draft, _ target: CoveragePoint, _ name: String) -> Result<ProposedCase, NotFound> {
        var responses = JSONObject()
        var states = JSONObject()
        for state in draft.answers.keys.sorted() {
            states[state] = .string("\(machine) \(name) \(state)")
            responses["\(machine) \(name) \(state)"] = response(state, draft, calls: nil)
        }
        let first: (calls: [String: Int], reached: Set<CoveragePoint>, end: String)
        switch run(states, responses, name, draft.input) {
        case .success(let found): first = found
        case .failure(let problem): return .failure(problem)
        }
        guard first.reached.contains(target) else {
            return .failure(CaseProposer.missed(first.end))
        }
        var cutStates = JSONObject()
        var cutResponses = JSONObject()
        for state in draft.answers.keys.sorted() {
            guard let calls = first.calls[state] else { continue }
            cutStates[state] = states[state]
            cutResponses["\(machine) \(name) \(state)"] = response(state, draft, calls: calls)
        }
        switch run(cutStates, cutResponses, name, draft.input) {
        case .failure(let problem): return .failure(problem)
        case .success(let (_, reached, end)):
            guard reached.contains(target) else { return .failure(CaseProposer.missed(end)) }
            return .success(
                ProposedCase(
                    name: name, input: draft.input, target: target, reached: reached, states: cutStates,
                    responses: cutResponses))
        }
    }

    private static func missed(_ end: String) -> NotFound {
        NotFound(reason: "the first case that was tried \(end) without it")
    }

    /// - Parameter calls: How often the state asks; nil for as often as it may.
    private func response(_ state: String, _ draft: Draft, calls: Int?) -> JSONValue {
        func range(_ first: Int, _ last: Int) -> String { first == last ? "\(first)" : "\(first)-\(last)" }
        func given(_ answers: [String: JSONValue]) -> JSONValue {
            let answer = answers[state] ?? [:]
            if case .task(let task)? = map.places[state]?.state.kind, case .function = task.resource {
                return ["StatusCode": 200, "Payload": answer]
            }
            return answer
        }
        var response = JSONObject()
        let fault = draft.faults[state]
        let failures = min(fault?.count ?? 0, calls ?? .max)
        if let fault, failures > 0 {
            response[range(0, failures - 1)] = [
                "Throw": ["Error": .string(fault.error), "Cause": .string(CaseProposer.cause)]
            ]
        }
        let last = (calls ?? CaseProposer.inputLimit) - 1
        guard last >= failures else { return .object(response) }
        if draft.isChosenOnce, draft.answers[state] != answers[state], last > failures {
            response["\(failures)"] = ["Return": given(draft.answers)]
            response[range(failures + 1, last)] = ["Return": given(answers)]
        } else {
            response[range(failures, last)] = ["Return": given(draft.answers)]
        }
        return .object(response)
    }

    private func run(
        _ states: JSONObject, _ responses: JSONObject, _ name: String, _ input: JSONValue
    ) -> Result<(calls: [String: Int], reached: Set<CoveragePoint>, end: String), NotFound> {
        let json: JSONValue = [
            "StateMachines": .object([machine: ["TestCases": .object([name: .object(states)])]]),
            "MockedResponses": .object(responses),
        ]
        var driver = InProcessDriver(identity: CaseProposer.identity(machine))
        driver.maximumInputs = CaseProposer.inputLimit
        do {
            let mocks = try MockConfiguration(JSONValue(parsing: json.text()))
            driver.use(mocks, of: map.machine, machine: machine, testCase: name)
            var calls: [String: Int] = [:]
            let functions = driver.functions
            driver.functions = { request in
                calls[request.state, default: 0] += 1
                return functions(request)
            }
            let result = try driver.run(map.machine, input: input)
            let end: String
            switch result.outcome {
            case .succeeded: end = "succeeds"
            case .failed(let error), .aborted(let error): end = "ends with \(error.name)"
            case .timedOut: end = "times out"
            }
            return .success((calls, CaseProposer.counts(result, map, driver.identity).reached, end))
        } catch {
            return .failure(NotFound(reason: "\(error)"))
        }
    }

    static func identity(_ machine: String) -> ExecutionIdentity {
        let account = "arn:aws:states:us-east-1:000000000000"
        return ExecutionIdentity(
            arn: "\(account):execution:\(machine):case", name: "case",
            stateMachineARN: "\(account):stateMachine:\(machine)", stateMachineName: machine,
            roleARN: "arn:aws:iam::000000000000:role/\(machine)")
    }

    /// What an execution that was run in process has reached, its child executions among it.
    static func counts(
        _ result: InProcessDriver.Result, _ map: CoverageMap, _ identity: ExecutionIdentity
    ) -> CoverageCounts {
        var counts = CoverageCounts()
        var histories: [String: (ExecutionIdentity, [HistoryEvent])] = [identity.arn: (identity, result.events)]
        for child in result.children {
            histories[child.identity.arn, default: (child.identity, [])].1 += child.events
        }
        for (_, (identity, events)) in histories {
            var walk = HistoryWalk(map: map, identity: identity)
            for event in events { walk.take(event.json) }
            walk.finish()
            counts.add(walk.counts)
        }
        counts.executionCount = 1
        return counts
    }

    private func caseName(_ point: CoveragePoint) -> String {
        // The name stands in an ARN, behind a '#'.
        func plain(_ text: String) -> String { String(text.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" }) }
        let state = plain(point.state)
        switch point.kind {
        case .entered: return "\(state)-entered"
        case .succeeded: return "\(state)-succeeded"
        case .rule(let index): return "\(state)-rule-\(index)"
        case .fallback: return "\(state)-default"
        case .retried(let index): return "\(state)-retrier-\(index)"
        case .exhausted(let index): return "\(state)-retrier-\(index)-exhausted"
        case .caught(let index): return "\(state)-catcher-\(index)"
        case .retriedError(let index, let error): return "\(state)-retrier-\(index)-\(plain(error))"
        case .caughtError(let index, let error): return "\(state)-catcher-\(index)-\(plain(error))"
        }
    }
}

extension CoverageCounts {
    package var reached: Set<CoveragePoint> { Set(points.filter { $0.value > 0 }.keys) }
}

extension StateTemplate {
    /// The paths in it.
    fileprivate var paths: [JSONPath] {
        if case .payload(let template) = self { template.paths } else { [] }
    }
}

extension PayloadTemplate {
    fileprivate var paths: [JSONPath] {
        switch self {
        case .constant: []
        case .expression(.path(let path), _): [path]
        case .expression(.call(let call), _): call.paths
        case .array(let elements): elements.flatMap(\.paths)
        case .object(let members): members.flatMap(\.template.paths)
        }
    }
}

extension IntrinsicCall {
    fileprivate var paths: [JSONPath] {
        arguments.flatMap { argument -> [JSONPath] in
            switch argument {
            case .path(let path): [path]
            case .call(let call): call.paths
            case .text, .literal: []
            }
        }
    }
}

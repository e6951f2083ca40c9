import JSON
import JSONata

/// Where a value that a state looks at comes from, traced back over the states before it.
enum CaseSource: Sendable, Hashable {
    enum Key: Sendable, Hashable {
        case member(String)
        case index(Int)
    }

    /// A place in the execution's input.
    case input([Key])
    /// A place in what a task answers.
    case answer(String, [Key])
    /// It is always this; nil is nothing.
    case constant(JSONValue?)
    /// It can't be traced, with why.
    case unknown(String)
}

extension JSONPath {
    /// The names and indices that the path is made of; nil for one that may find several values.
    var keys: [CaseSource.Key]? {
        var keys: [CaseSource.Key] = []
        for step in steps {
            switch step {
            case .member(let name): keys.append(.member(name))
            case .index(let index) where index >= 0: keys.append(.index(index))
            default: return nil
            }
        }
        return keys
    }
}

/// Traces values back over a plan's states.
struct CaseTracer {
    typealias Key = CaseSource.Key

    let plan: CasePlan

    /// What a path of a state finds in its input after InputPath.
    func source(of path: JSONPath, at index: Int, _ rest: [Key] = []) -> CaseSource {
        source(path, at: index, rest) { effective(index, $0) }
    }

    /// What a path of ItemSelector finds for the first item.
    func selected(_ path: JSONPath, of map: MapState, at index: Int) -> CaseSource {
        if path.root == .context, let keys = path.keys,
            keys.starts(with: [.member("Map"), .member("Item"), .member("Value")])
        {
            return item(map, index, Array(keys.dropFirst(3)))
        }
        return source(of: path, at: index)
    }

    /// What InputPath finds.
    func input(_ path: JSONPath, at index: Int) -> CaseSource {
        source(path, at: index, []) { raw(index, $0) }
    }

    /// What a path finds in a task's answer.
    func answer(_ path: JSONPath, at index: Int) -> CaseSource {
        source(path, at: index, []) { .answer(plan.nodes[index].state.name, $0) }
    }

    /// What a path of Assign finds: in a JSONPath state it starts from the result.
    func result(_ path: JSONPath, at index: Int) -> CaseSource {
        source(path, at: index, []) { made(index, $0) }
    }

    private func source(
        _ path: JSONPath, at index: Int, _ rest: [Key], _ root: ([Key]) -> CaseSource
    ) -> CaseSource {
        guard let keys = path.keys.map({ $0 + rest }) else { return .unknown("'\(path.text)' may find several values") }
        switch path.root {
        case .input, .current: return root(keys)
        case .variable(let name): return variable(name, at: index, keys)
        case .context:
            if keys.starts(with: [.member("Execution"), .member("Input")]) { return .input(Array(keys.dropFirst(2))) }
            if keys.starts(with: [.member("Map"), .member("Item"), .member("Value")]) {
                return enclosingItem(index, Array(keys.dropFirst(3)))
            }
            return .unknown("'\(path.text)' is in the context object, which no case can choose")
        }
    }

    private func enclosingItem(_ index: Int, _ keys: [Key]) -> CaseSource {
        switch plan.nodes[index].origin {
        case .start: return .unknown("no Map is around the state")
        case .after(let other): return enclosingItem(other, keys)
        case .inside(let owner, _):
            if case .map(let map) = plan.nodes[owner].state.kind { return item(map, owner, keys) }
            return enclosingItem(owner, keys)
        }
    }

    private func effective(_ index: Int, _ keys: [Key]) -> CaseSource {
        switch plan.nodes[index].state.inputPath {
        case .whole: raw(index, keys)
        case .nothing: .constant(keys.isEmpty ? [:] : nil)
        case .path(let path): source(path, at: index, keys) { raw(index, $0) }
        }
    }

    private func raw(_ index: Int, _ keys: [Key]) -> CaseSource {
        switch plan.nodes[index].origin {
        case .start: return .input(keys)
        case .after(let other): return output(other, keys)
        case .inside(let owner, _):
            switch plan.nodes[owner].state.kind {
            case .parallel(let parallel):
                guard let arguments = parallel.arguments else { return effective(owner, keys) }
                return filled(arguments, owner, keys) { effective(owner, $0) }
            case .map(let map):
                guard map.distribution?.batcher == nil else { return .unknown("the items are in batches") }
                guard let selector = map.itemSelector else { return item(map, owner, keys) }
                return filled(selector, owner, keys, item: map) { effective(owner, $0) }
            default: return .unknown("no state is inside")
            }
        }
    }

    /// The first item of a Map.
    func item(_ map: MapState, _ index: Int, _ keys: [Key]) -> CaseSource {
        guard map.distribution?.reader == nil else {
            return .unknown("the items of '\(plan.nodes[index].state.name)' are read from a bucket")
        }
        let keys = [.index(0)] + keys
        if let items = map.items { return filled(.jsonata(items), index, keys) { effective(index, $0) } }
        switch map.itemsPath {
        case nil: return effective(index, keys)
        case .path(let path)?: return source(of: path, at: index, keys)
        case .call(let call)?: return .unknown("'\(call.text)' makes the items")
        }
    }

    private func output(_ index: Int, _ keys: [Key]) -> CaseSource {
        let node = plan.nodes[index]
        let state = node.state
        if case .caught(let catcher) = node.way { return output(index, state.catchers[catcher], keys) }
        guard state.language == .jsonPath else {
            var template = state.output
            if case .rule(let rule) = node.way, case .choice(let choice) = state.kind {
                template = choice.rules[rule].output
            }
            if let template { return filled(template, index, keys) { raw(index, $0) } }
            return made(index, keys)
        }
        var keys = keys
        switch state.outputPath {
        case .whole: break
        case .nothing: return .constant(keys.isEmpty ? [:] : nil)
        case .path(let path):
            guard path.root == .input, let prefix = path.keys else {
                return .unknown("OutputPath '\(path.text)' of '\(state.name)' can't be followed")
            }
            keys = prefix + keys
        }
        let resultPath: PathChoice
        switch state.kind {
        case .pass(let pass): resultPath = pass.resultPath
        case .task(let task): resultPath = task.resultPath
        case .parallel(let parallel): resultPath = parallel.resultPath
        case .map(let map): resultPath = map.resultPath
        default: return effective(index, keys)
        }
        return placed(resultPath, keys, { raw(index, $0) }, { made(index, $0) })
    }

    /// A place in an input into which a result was put.
    private func placed(
        _ choice: PathChoice, _ keys: [Key], _ input: ([Key]) -> CaseSource, _ result: ([Key]) -> CaseSource
    ) -> CaseSource {
        switch choice {
        case .whole: return result(keys)
        case .nothing: return input(keys)
        case .path(let path):
            guard let place = path.keys else { return .unknown("ResultPath '\(path.text)' can't be followed") }
            if keys.starts(with: place) { return result(Array(keys.dropFirst(place.count))) }
            if place.starts(with: keys) { return .unknown("'\(path.text)' is put into what is looked at") }
            return input(keys)
        }
    }

    private func output(_ index: Int, _ catcher: Catcher, _ keys: [Key]) -> CaseSource {
        if let template = catcher.output { return filled(template, index, keys) { raw(index, $0) } }
        return placed(catcher.resultPath, keys, { raw(index, $0) }, { error(index, $0) })
    }

    private func error(_ index: Int, _ keys: [Key]) -> CaseSource {
        let name = plan.faults[plan.nodes[index].state.name]?.error
        switch keys {
        case [.member("Error")]: return name.map { .constant(.string($0)) } ?? .unknown("the error comes from inside")
        case [.member("Cause")]: return .constant(.string(CaseProposer.cause))
        default: return keys.isEmpty ? .constant([:]) : .constant(nil)
        }
    }

    /// A state's result, after ResultSelector.
    private func made(_ index: Int, _ keys: [Key]) -> CaseSource {
        let state = plan.nodes[index].state
        switch state.kind {
        case .pass(let pass):
            if let result = pass.result { return .constant(result.value(at: keys)) }
            guard let parameters = pass.parameters else { return effective(index, keys) }
            return filled(parameters, index, keys) { effective(index, $0) }
        case .task(let task):
            guard let selector = task.resultSelector else { return .answer(state.name, keys) }
            return filled(.payload(selector), index, keys) { .answer(state.name, $0) }
        case .parallel, .map: return .unknown("it is in the result of '\(state.name)'")
        default: return effective(index, keys)
        }
    }

    private func variable(_ name: String, at index: Int, _ keys: [Key]) -> CaseSource {
        switch plan.nodes[index].origin {
        case .start: return .constant(nil)
        case .inside(let owner, _): return variable(name, at: owner, keys)
        case .after(let other):
            let node = plan.nodes[other]
            var assign = node.state.assign
            var isCaught = false
            if case .caught(let catcher) = node.way {
                assign = node.state.catchers[catcher].assign
                isCaught = true
            }
            if case .rule(let rule) = node.way, case .choice(let choice) = node.state.kind {
                assign = choice.rules[rule].assign
            }
            if let assign {
                let found = filled(assign, other, [.member(name)] + keys) {
                    isCaught ? error(other, $0) : made(other, $0)
                }
                if found != .constant(nil) { return found }
            }
            return variable(name, at: other, keys)
        }
    }

    // MARK: Templates

    private func filled(
        _ template: StateTemplate, _ index: Int, _ keys: [Key], item map: MapState? = nil,
        _ root: ([Key]) -> CaseSource
    ) -> CaseSource {
        switch template {
        case .payload(let template): filled(template, index, keys[...], item: map, root)
        case .jsonata(let template): filled(template, index, keys[...], item: map)
        }
    }

    private func filled(
        _ template: PayloadTemplate, _ index: Int, _ keys: ArraySlice<Key>, item map: MapState?,
        _ root: ([Key]) -> CaseSource
    ) -> CaseSource {
        switch (template, keys.first) {
        case (.constant(let value), _): return .constant(value.value(at: Array(keys)))
        case (.expression(.path(let path), _), _):
            if let map, path.root == .context, let own = path.keys,
                own.starts(with: [.member("Map"), .member("Item"), .member("Value")])
            {
                return item(map, index, own.dropFirst(3) + Array(keys))
            }
            return source(path, at: index, Array(keys), root)
        case (.expression(.call(let call), _), _): return .unknown("'\(call.text)' makes it")
        case (.object(let members), .member(let name)?):
            guard let member = members.first(where: { $0.key == name }) else { return .constant(nil) }
            return filled(member.template, index, keys.dropFirst(), item: map, root)
        case (.array(let elements), .index(let position)?):
            guard elements.indices.contains(position) else { return .constant(nil) }
            return filled(elements[position], index, keys.dropFirst(), item: map, root)
        case (.object, nil): return .constant([:])
        case (.array, nil): return .constant([])
        default: return .constant(nil)
        }
    }

    private func filled(
        _ template: JSONataTemplate, _ index: Int, _ keys: ArraySlice<Key>, item map: MapState?
    ) -> CaseSource {
        switch (template, keys.first) {
        case (.constant(let value), _): return .constant(value.value(at: Array(keys)))
        case (.expression(let field), _):
            return expression(field.expression.text, index, Array(keys), item: map)
        case (.object(let members), .member(let name)?):
            guard let member = members.first(where: { $0.key == name }) else { return .constant(nil) }
            return filled(member.template, index, keys.dropFirst(), item: map)
        case (.array(let elements), .index(let position)?):
            guard elements.indices.contains(position) else { return .constant(nil) }
            return filled(elements[position], index, keys.dropFirst(), item: map)
        case (.object, nil): return .constant([:])
        case (.array, nil): return .constant([])
        default: return .constant(nil)
        }
    }

    /// A JSONata expression that is nothing but names: `$states.result.a`, `$v.b`.
    private func expression(_ text: String, _ index: Int, _ keys: [Key], item map: MapState?) -> CaseSource {
        let names = text.split(separator: ".", omittingEmptySubsequences: false).map {
            String($0.filter { $0 != " " && $0 != "\n" })
        }
        let isPlain = names.allSatisfy { name in
            !name.isEmpty && name.drop { $0 == "$" }.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
        }
        guard isPlain, let first = names.first, first.hasPrefix("$"), first.count > 1 else {
            return .unknown("the expression '\(text)' makes it")
        }
        func rest(_ count: Int) -> [Key] { names.dropFirst(count).map { .member($0) } + keys }
        guard first == "$states" else { return variable(String(first.dropFirst()), at: index, rest(1)) }
        switch names.dropFirst().first {
        case "input": return raw(index, rest(2))
        case "result": return made(index, rest(2))
        case "errorOutput": return error(index, rest(2))
        default:
            if names.starts(with: ["$states", "context", "Execution", "Input"]) { return .input(rest(4)) }
            if let map, names.starts(with: ["$states", "context", "Map", "Item", "Value"]) {
                return item(map, index, rest(5))
            }
            return .unknown("the expression '\(text)' makes it")
        }
    }
}

extension JSONValue {
    func value(at keys: [CaseSource.Key]) -> JSONValue? {
        var value: JSONValue? = self
        for key in keys {
            switch key {
            case .member(let name): value = value?[name]
            case .index(let index): value = value?[index]
            }
        }
        return value
    }

    /// The value with another at a place; nil removes what is there. What is not there on the way is made.
    func setting(_ new: JSONValue?, at keys: ArraySlice<CaseSource.Key>) -> JSONValue? {
        guard let key = keys.first else { return new }
        let rest = keys.dropFirst()
        switch key {
        case .member(let name):
            var object = objectValue ?? [:]
            if new == nil, object[name] == nil { return self }
            object[name] = (object[name] ?? [:]).setting(new, at: rest)
            return .object(object)
        case .index(let index):
            guard index < 1_000 else { return self }
            var array = arrayValue ?? []
            while array.count <= index { array.append([:]) }
            array[index] = array[index].setting(new, at: rest) ?? [:]
            return .array(array)
        }
    }
}

extension Evaluator {
    static let transformSignature: Signature = {
        guard let signature = try? Signature("<(oa):o>") else { preconditionFailure("the signature is valid") }
        return signature
    }()

    /// A copy of `input` in which what `pattern` selects is updated.
    func transform(
        _ input: Value, _ pattern: Node, _ update: Node, _ delete: Node?, _ frame: Frame
    ) throws(JSONataError) -> Value {
        if input.isUndefined { return .undefined }
        let copy = try clone(input)
        let selected = try evaluate(pattern, copy, frame)
        if selected.isUndefined { return copy }
        let matches = selected.array ?? ArrayValue([selected])
        for index in 0..<matches.count {
            let match = matches[index]
            try applyUpdate(update, to: match, frame)
            if let delete { try applyDeletion(delete, to: match, frame) }
        }
        return copy
    }

    private func applyUpdate(_ update: Node, to match: Value, _ frame: Frame) throws(JSONataError) {
        let change = try evaluate(update, match, frame)
        if change.isUndefined { return }
        guard case .object(let change) = change else {
            throw JSONataError("T2011", position: update.position, value: change.json)
        }
        guard case .object(let target) = match else { return }
        for index in 0..<change.count {
            let (key, value) = change[index]
            // A copy, since the update may hold the object that it goes into.
            target[key] = try clone(value)
        }
        try check(depth: target.depth)
    }

    private func applyDeletion(_ delete: Node, to match: Value, _ frame: Frame) throws(JSONataError) {
        let deletions = try evaluate(delete, match, frame)
        if deletions.isUndefined { return }
        let names = deletions.array ?? ArrayValue([deletions])
        for index in 0..<names.count where names[index].string == nil {
            throw JSONataError("T2012", position: delete.position, value: deletions.json)
        }
        guard case .object(let target) = match else { return }
        for index in 0..<names.count { if let name = names[index].string { target.remove(name) } }
    }

    /// A copy that shares no object or array with `value`.
    func clone(_ value: Value) throws(JSONataError) -> Value {
        try stack.withRoom { () throws(JSONataError) -> Value in try self.cloned(value) }
    }

    private func cloned(_ value: Value) throws(JSONataError) -> Value {
        try charge(steps: 1)
        switch value {
        case .array(let array):
            var values: [Value] = []
            values.reserveCapacity(array.count)
            for index in 0..<array.count {
                let element = try clone(array[index])
                values.append(element.isUndefined ? .null : element)
            }
            return .array(try makeArray(values))
        case .object(let object):
            var members: [(String, Value)] = []
            members.reserveCapacity(object.count)
            for index in 0..<object.count {
                let (key, value) = object[index]
                members.append((key, try clone(value)))
            }
            return try makeObject(members)
        default: return value
        }
    }
}

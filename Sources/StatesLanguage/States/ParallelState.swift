import JSON

/// A Parallel state: runs its branches on the same input; the result is the array of their outputs.
package struct ParallelState: Sendable {
    package let branches: [StateGroup]
    /// What the branches get, where it is not the state's input.
    package let arguments: StateTemplate?
    package let resultSelector: PayloadTemplate?
    package let resultPath: PathChoice

    static func read(_ fields: FieldReader) -> ParallelState? {
        let isJSONPath = fields.language == .jsonPath
        let arguments = fields.template(isJSONPath ? "Parameters" : "Arguments")
        let selector = isJSONPath ? fields.payloadTemplate("ResultSelector") : nil
        let resultPath = isJSONPath ? fields.optionalPath("ResultPath", isReference: true) : .whole
        fields.require("Branches")
        guard let value = fields.value("Branches") else { return nil }
        guard let branches = value.arrayValue else {
            fields.report("Branches", "must be a list")
            return nil
        }
        let read = branches.enumerated().compactMap { index, branch -> StateGroup? in
            let inner = fields.inner(branch, ["Branches", String(index)])
            let group = inner.flatMap { StateGroup.read($0) }
            inner?.finish("a branch")
            return group
        }
        if branches.isEmpty { fields.report("Branches", "holds no branch") }
        return read.count == branches.count
            ? ParallelState(branches: read, arguments: arguments, resultSelector: selector, resultPath: resultPath)
            : nil
    }
}

import JSON

/// A Parallel state: runs its branches on the same input; the result is the array of their outputs.
package struct ParallelState: Sendable {
    package let branches: [StateGroup]
    package let parameters: PayloadTemplate?
    package let resultSelector: PayloadTemplate?
    package let resultPath: PathChoice

    static func read(_ fields: FieldReader) -> ParallelState? {
        let parameters = fields.template("Parameters")
        let selector = fields.template("ResultSelector")
        let resultPath = fields.optionalPath("ResultPath", isReference: true)
        guard let branches = fields.value("Branches")?.arrayValue else {
            fields.reportHere("the field Branches is missing or no list")
            return nil
        }
        let read = branches.enumerated().compactMap { index, branch -> StateGroup? in
            let inner = FieldReader(branch, at: fields.path + ["Branches", String(index)], reader: fields.reader)
            let group = inner.flatMap { StateGroup.read($0) }
            inner?.finish("a branch")
            return group
        }
        if branches.isEmpty { fields.report("Branches", "holds no branch") }
        return read.count == branches.count
            ? ParallelState(branches: read, parameters: parameters, resultSelector: selector, resultPath: resultPath)
            : nil
    }
}

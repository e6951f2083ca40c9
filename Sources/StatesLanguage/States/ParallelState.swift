import JSON

/// A Parallel state: runs its branches on the same input; the result is the array of their outputs.
package struct ParallelState: Sendable {
    package let branches: [StateGroup]
    /// What the branches get, where it is not the state's input.
    package let arguments: StateTemplate?
    package let resultSelector: PayloadTemplate?
    package let resultPath: PathChoice

    /// Reads what stands before the branches.
    static func begin(_ fields: FieldReader) -> InnerGroups {
        let isJSONPath = fields.language == .jsonPath
        let arguments = fields.template(isJSONPath ? "Parameters" : "Arguments")
        let selector = isJSONPath ? fields.payloadTemplate("ResultSelector") : nil
        let resultPath = isJSONPath ? fields.optionalPath("ResultPath", isReference: true) : .whole
        fields.require("Branches")
        guard let value = fields.value("Branches") else { return InnerGroups(nil) }
        guard let branches = value.arrayValue else {
            fields.report("Branches", "must be a list")
            return InnerGroups(nil)
        }
        return InnerGroups(count: branches.count) { index in
            fields.inner(branches[index], ["Branches", String(index)], groupName: "a branch")
        } kind: { groups in
            if branches.isEmpty { fields.report("Branches", "holds no branch") }
            let read = groups.compactMap { $0 }
            return read.count == branches.count
                ? .parallel(
                    ParallelState(
                        branches: read, arguments: arguments, resultSelector: selector, resultPath: resultPath))
                : nil
        }
    }
}

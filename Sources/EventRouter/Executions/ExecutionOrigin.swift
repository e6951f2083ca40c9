/// How an execution came to be: what is kept of its start beside name and input.
package struct ExecutionOrigin: Sendable, Hashable {
    /// The version that it runs; nil when it was started by the machine's own ARN.
    package var versionARN: String?
    /// The alias by which it was started.
    package var aliasARN: String?
    /// The revision that its definition is; nil for one that was never changed.
    package var revisionID: String?
    /// The X-Ray trace that it belongs to, as it was given.
    package var traceHeader: String?
    /// The test case whose mocked answers stand for its tasks' work.
    package var testCase: String?

    package init(
        versionARN: String? = nil, aliasARN: String? = nil, revisionID: String? = nil, traceHeader: String? = nil,
        testCase: String? = nil
    ) {
        self.versionARN = versionARN
        self.aliasARN = aliasARN
        self.revisionID = revisionID
        self.traceHeader = traceHeader
        self.testCase = testCase
    }

    var isEmpty: Bool { self == ExecutionOrigin() }

    /// The origin with what a definition says of itself.
    func completed(by definition: MachineDefinition) -> ExecutionOrigin {
        var origin = self
        origin.versionARN = definition.versionARN
        origin.revisionID = definition.revisionID
        return origin
    }
}

import JSON

extension StatesAPI {
    /// Operations of Step Functions that are not served.
    static let laterOperations: Set<String> = [
        "DescribeMapRun", "ListMapRuns", "UpdateMapRun",
    ]

    /// Operations that are not served, and names that are none.
    func performLater(_ operation: String, _ parameters: StatesParameters) async throws -> JSONValue {
        guard StatesAPI.laterOperations.contains(operation) else {
            throw StatesError(
                "UnknownOperationException", "Step Functions has no operation '\(operation)'", status: 501)
        }
        throw StatesError(
            "UnsupportedOperationException", "the operation \(operation) of Step Functions is not served here",
            status: 501)
    }
}

import StatesLanguage
import Storage

/// An error of DynamoDB: its code and message.
struct TableFailure: Error, Hashable {
    let code: String
    let message: String

    init(_ code: String, _ message: String) {
        self.code = code
        self.message = message
    }

    static func invalid(_ message: String) -> TableFailure { TableFailure("ValidationException", message) }

    static let conditionFailed = TableFailure("ConditionalCheckFailedException", "The conditional request failed")

    /// What an error of expressions or tables is in DynamoDB.
    init(_ error: any Error) {
        switch error {
        case let failure as TableFailure: self = failure
        case let error as ExpressionError: self = .invalid(error.message)
        case let error as TableError:
            switch error.code {
            case .conditionFailed: self = .conditionFailed
            case .throttled:
                self.init(
                    "ProvisionedThroughputExceededException",
                    "The level of configured provisioned throughput for the table was exceeded")
            case .tooLarge: self = .invalid("Item size has exceeded the maximum allowed size")
            case .invalidKey, .invalidItem, .invalidRequest:
                self = .invalid("One or more parameter values were invalid: \(error.detail)")
            case .locked, .noSpace, .readOnly, .corrupt, .schemaMismatch, .io:
                self.init("InternalServerError", "\(error)")
            }
        default: self.init("InternalServerError", "\(error)")
        }
    }

    /// The errors that the service's model declares. Others have the name that the SDK gives to all of them.
    private static let modelled: Set = [
        "ConditionalCheckFailedException", "ResourceNotFoundException", "ProvisionedThroughputExceededException",
        "TransactionCanceledException", "TransactionConflictException", "InternalServerError",
    ]

    /// The error as a state machine sees it: Step Functions' own integration speaks through version 1 of the SDK, `aws-sdk`
    /// through version 2, and each has its names and its way to print causes.
    func stateError(isOptimized: Bool, requestID: String) -> StateError {
        let isModelled = Self.modelled.contains(code)
        let name = code.hasSuffix("Exception") ? code : code + "Exception"
        let status = code == "InternalServerError" ? 500 : 400
        if isOptimized {
            return StateError(
                "DynamoDB.\(isModelled ? name : "AmazonDynamoDBException")",
                cause: "\(message) (Service: AmazonDynamoDBv2; Status Code: \(status); Error Code: \(code); "
                    + "Request ID: \(requestID); Proxy: null)")
        }
        return StateError(
            "DynamoDb.\(isModelled ? name : "DynamoDbException")",
            cause: "\(message) (Service: DynamoDb, Status Code: \(status), Request ID: \(requestID))")
    }
}

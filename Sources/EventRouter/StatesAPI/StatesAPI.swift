import Clocks
import HTTPServer
import JSON
import Template

/// The API of AWS Step Functions, as its clients speak it: AWS JSON 1.0, a POST to `/` with the operation in the header
/// `X-Amz-Target`.
///
/// What is made here is in the store before it is answered. Operations that change state machines, versions, aliases,
/// activities and tags run one after the other.
struct StatesAPI: Sendable {
    /// What is before an operation's name in `X-Amz-Target`.
    static let targetPrefix = "AWSStepFunctions."
    /// Bytes of a request: a definition of 1 MiB, with the room that escapes take.
    static let maximumBodyByteCount = 3 << 20

    let store: ExecutionStore
    let engine: ExecutionEngine
    let clock: any WallClock
    let entropy: any Entropy
    let account: AccountContext
    let gate = SerialGate()

    init(
        store: ExecutionStore, engine: ExecutionEngine, clock: any WallClock, entropy: any Entropy,
        account: AccountContext
    ) {
        self.store = store
        self.engine = engine
        self.clock = clock
        self.entropy = entropy
        self.account = account
    }

    /// The answer to a request for Step Functions, or nil when it is for another service.
    func respond(to request: HTTPRequest) async -> HTTPResponse? {
        guard let target = request.headers["X-Amz-Target"], target.hasPrefix(StatesAPI.targetPrefix) else { return nil }
        let operation = String(target.dropFirst(StatesAPI.targetPrefix.count))
        do {
            return answer(200, try await perform(operation, try parameters(of: request)))
        } catch let error as StatesError {
            return answer(error.status, error.json)
        } catch let error as ExecutionError {
            let error = StatesError(error, arn: "")
            return answer(error.status, error.json)
        } catch {
            return answer(500, StatesError("InternalServerError", "\(error)").json)
        }
    }

    private func answer(_ status: Int, _ body: JSONValue) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: ["Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": entropy.uuid()],
            body: body.bytes())
    }

    private func parameters(of request: HTTPRequest) throws(StatesError) -> StatesParameters {
        guard request.method == "POST", request.path == "/" else {
            throw StatesError(
                "UnknownOperationException", "operations of Step Functions are a POST to /, not a \(request.method)")
        }
        guard !request.isBodyTooLarge, request.body.count <= StatesAPI.maximumBodyByteCount else {
            throw StatesError(
                "RequestEntityTooLargeException",
                "the request has over \(StatesAPI.maximumBodyByteCount) bytes", status: 413)
        }
        if request.body.isEmpty { return StatesParameters([:]) }
        do {
            let body = try JSONValue(parsing: request.body)
            guard let members = body.objectValue else { throw StatesError.type(body, at: "the request", "an object") }
            return StatesParameters(members)
        } catch let error as StatesError {
            throw error
        } catch {
            throw StatesError("SerializationException", "the request is no JSON: \(error)")
        }
    }

    private func perform(_ operation: String, _ parameters: StatesParameters) async throws -> JSONValue {
        switch operation {
        case "CreateStateMachine": try await createStateMachine(parameters)
        case "UpdateStateMachine": try await updateStateMachine(parameters)
        case "DescribeStateMachine": try await describeStateMachine(parameters)
        case "DescribeStateMachineForExecution": try await describeStateMachineForExecution(parameters)
        case "ListStateMachines": try await listStateMachines(parameters)
        case "DeleteStateMachine": try await deleteStateMachine(parameters)
        case "ValidateStateMachineDefinition": try validateStateMachineDefinition(parameters)
        case "PublishStateMachineVersion": try await publishStateMachineVersion(parameters)
        case "ListStateMachineVersions": try await listStateMachineVersions(parameters)
        case "DeleteStateMachineVersion": try await deleteStateMachineVersion(parameters)
        case "CreateStateMachineAlias": try await createStateMachineAlias(parameters)
        case "UpdateStateMachineAlias": try await updateStateMachineAlias(parameters)
        case "DescribeStateMachineAlias": try await describeStateMachineAlias(parameters)
        case "ListStateMachineAliases": try await listStateMachineAliases(parameters)
        case "DeleteStateMachineAlias": try await deleteStateMachineAlias(parameters)
        case "TagResource": try await tagResource(parameters)
        case "UntagResource": try await untagResource(parameters)
        case "ListTagsForResource": try await listTagsForResource(parameters)
        case "StartExecution": try await startExecution(parameters)
        case "StartSyncExecution": try await startSyncExecution(parameters)
        case "StopExecution": try await stopExecution(parameters)
        case "DescribeExecution": try await describeExecution(parameters)
        case "ListExecutions": try await listExecutions(parameters)
        case "GetExecutionHistory": try await getExecutionHistory(parameters)
        case "CreateActivity": try await createActivity(parameters)
        case "DescribeActivity": try await describeActivity(parameters)
        case "ListActivities": try await listActivities(parameters)
        case "DeleteActivity": try await deleteActivity(parameters)
        case "GetActivityTask": try await getActivityTask(parameters)
        case "SendTaskSuccess": try await sendTaskSuccess(parameters)
        case "SendTaskFailure": try await sendTaskFailure(parameters)
        case "SendTaskHeartbeat": try await sendTaskHeartbeat(parameters)
        case "RedriveExecution": try await redriveExecution(parameters)
        case "TestState": try await testState(parameters)
        case "ListMapRuns": try await listMapRuns(parameters)
        case "DescribeMapRun": try await describeMapRun(parameters)
        case "UpdateMapRun": try await updateMapRun(parameters)
        default:
            throw StatesError(
                "UnknownOperationException", "Step Functions has no operation '\(operation)'", status: 501)
        }
    }
}

extension Timestamp {
    /// As AWS JSON has it: seconds since 1970 with milliseconds.
    var epochSeconds: JSONValue { .double(Double(millisecondsSinceEpoch) / 1_000) }
}

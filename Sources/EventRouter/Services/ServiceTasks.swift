import Clocks
package import JSON
package import StatesLanguage
import Storage

/// The services of a router, each in a file of its own, and functions that stand for other services.
package struct ServiceTasks: TaskServing {
    private let objects: ObjectService
    private let tables: TableService
    private let executions: ExecutionService
    private let messages: MessageService
    private let events: EventService
    /// Functions by the `service:action` that they stand for.
    private let mapped: [String: String]
    private let functions: any FunctionInvoking
    private let entropy: any Entropy

    init(
        objects: any ObjectStore, tables: @escaping @Sendable (String) -> (any Table)?, queues: MessageQueues,
        engine: ExecutionEngine, intake: ArrivalIntake, functions: any FunctionInvoking, mapped: [String: String],
        clock: any WallClock, entropy: any Entropy
    ) {
        self.objects = ObjectService(objects: objects)
        self.tables = TableService(table: tables)
        executions = ExecutionService(engine: engine, clock: clock)
        messages = MessageService(queues: queues, clock: clock, entropy: entropy)
        events = EventService(intake: intake, clock: clock, entropy: entropy)
        self.mapped = mapped
        self.functions = functions
        self.entropy = entropy
    }

    package func serves(_ integration: ServiceIntegration) -> Bool {
        mapped[integration.name] != nil || integration.name == "lambda:invoke"
            || [
                ObjectService.actions, TableService.actions, ExecutionService.actions, MessageService.actions,
                EventService.actions,
            ].contains { $0.contains(integration.name) }
    }

    package func answer(
        _ request: TaskRequest, of executionARN: String, submitted: @Sendable (JSONValue) async -> Void
    ) async -> ServiceAnswer {
        do throws(StateError) {
            switch request.work {
            case .function, .activity:
                throw StateError("States.Runtime", cause: "The state '\(request.state)' has no service's task")
            case .readItems(let integration, let parameters):
                return try await objects.read(integration, parameters)
            case .writeObjects(let bucket, let written):
                try await objects.write(written, in: bucket)
                return .success([:])
            case .service(let integration, let parameters):
                return .success(try await answer(integration, parameters, request, executionARN, submitted))
            }
        } catch {
            return .failure(error)
        }
    }

    private func answer(
        _ integration: ServiceIntegration, _ parameters: JSONValue, _ request: TaskRequest, _ executionARN: String,
        _ submitted: @Sendable (JSONValue) async -> Void
    ) async throws(StateError) -> JSONValue {
        let name = integration.name
        let requestID = entropy.uuid()
        if let function = mapped[name] { return try await call(function, parameters) }
        if name == "lambda:invoke" {
            return try await call(parameters["FunctionName"]?.stringValue ?? "", parameters["Payload"] ?? [:])
        }
        if ObjectService.actions.contains(name) {
            return try await objects.answer(integration, parameters, requestID: requestID)
        }
        if TableService.actions.contains(name) {
            return try await tables.answer(integration, parameters, requestID: requestID)
        }
        if ExecutionService.actions.contains(name) {
            return try await executions.answer(
                integration, parameters, request: request, of: executionARN, requestID: requestID, submitted: submitted)
        }
        if MessageService.actions.contains(name) {
            return try await messages.answer(integration, parameters, requestID: requestID)
        }
        if EventService.actions.contains(name) {
            return try await events.answer(parameters, executionARN: executionARN, requestID: requestID)
        }
        throw StateError(
            "States.Runtime",
            cause:
                "Nobody serves '\(name)' here: map it to a function in the template (Metadata: Turntable: Integrations)"
        )
    }

    /// Has a function do the work: it gets the parameters and answers as the service would.
    private func call(_ function: String, _ payload: JSONValue) async throws(StateError) -> JSONValue {
        let result = await functions.invoke(InvocationRequest(function: function, payload: payload.bytes()))
        switch result.outcome {
        case .success(let bytes):
            guard let answer = try? JSONValue(parsing: bytes) else {
                throw StateError("States.Runtime", cause: "The function \(function) answered with what is no JSON")
            }
            return answer
        case .failure(let failure):
            throw StateError(
                TaskRun.errorName(of: failure), cause: String(decoding: failure.payload, as: UTF8.self))
        }
    }
}

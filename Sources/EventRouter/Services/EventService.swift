import Clocks
import Events
import JSON
import StatesLanguage

/// `events:putEvents`: events of a state machine's own on the router's buses, held against the template's rules.
struct EventService: Sendable {
    static let actions: Set<String> = ["events:putEvents", "aws-sdk:eventbridge:putEvents"]
    /// Entries of one call at most (EventBridge's quota).
    static let maximumEntryCount = 10

    let intake: ArrivalIntake
    let clock: any WallClock
    let entropy: any Entropy

    func answer(_ parameters: JSONValue, executionARN: String, requestID: String) async throws(StateError) -> JSONValue
    {
        guard let entries = parameters["Entries"]?.arrayValue,
            (1...EventService.maximumEntryCount).contains(entries.count)
        else {
            throw .service(
                "EventBridge", "ValidationException",
                "Entries must be a list of 1 to \(EventService.maximumEntryCount) events")
        }
        var answers: [JSONValue] = []
        for entry in entries {
            guard let source = entry["Source"]?.stringValue, let type = entry["DetailType"]?.stringValue,
                let detail = entry["Detail"]
            else {
                throw .service("EventBridge", "ValidationException", "An entry has Source, DetailType and Detail")
            }
            // The optimized integration takes the detail as JSON, the SDK's as a text that spells it.
            let value = detail.stringValue.flatMap { try? JSONValue(parsing: $0) } ?? detail
            let resources = entry["Resources"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let id = entropy.uuid()
            let parts = executionARN.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            let event = EventBridgeEvent.envelope(
                id: id, detailType: type, source: source, time: clock.now, account: parts.count > 4 ? parts[4] : "",
                region: parts.count > 3 ? parts[3] : "", resources: resources + [executionARN], detail: value)
            do {
                try await intake.put(event, onBus: entry["EventBusName"]?.stringValue ?? "default")
                answers.append(["EventId": .string(id)])
            } catch {
                throw .service("EventBridge", "InternalException", "\(error)", statusCode: 500)
            }
        }
        return .serviceAnswer(["Entries": .array(answers), "FailedEntryCount": 0], requestID: requestID)
    }
}

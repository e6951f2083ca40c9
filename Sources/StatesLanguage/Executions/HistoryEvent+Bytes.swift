import Clocks
import JSON

extension HistoryEvent {
    /// The text of ``json``, made without the value: most of what recording a step costs was that.
    ///
    /// - Parameter timestamp: ``time`` as ISO 8601, so that the events of a step spell it once.
    package func bytes(timestamp: String) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(256)
        func append(_ text: StaticString) {
            output.append(contentsOf: text.description.utf8)
        }
        let data: (key: String, name: String?, value: JSONValue, isOutput: Bool)
        switch details {
        case .stateEntered(let name, let input): data = ("stateEnteredEventDetails", name, input, false)
        case .stateExited(let name, let made, nil): data = ("stateExitedEventDetails", name, made, true)
        case .succeeded(let made): data = ("executionSucceededEventDetails", nil, made, true)
        default: return json.bytes()
        }
        guard data.name != nil || type == "ExecutionSucceeded" else { return json.bytes() }
        append("{\"timestamp\":\"")
        output.append(contentsOf: timestamp.utf8)
        append("\",\"type\":\"")
        output.append(contentsOf: type.utf8)
        append("\",\"id\":")
        output.append(contentsOf: String(id).utf8)
        append(",\"previousEventId\":")
        output.append(contentsOf: String(previousID).utf8)
        append(",\"")
        output.append(contentsOf: data.key.utf8)
        append("\":{")
        if let name = data.name {
            append("\"name\":")
            JSONValue.string(name).write(to: &output)
            append(",")
        }
        append(data.isOutput ? "\"output\":" : "\"input\":")
        JSONValue.writeString(data.value.bytes(), to: &output)
        append(
            data.isOutput ? ",\"outputDetails\":{\"truncated\":false}}}" : ",\"inputDetails\":{\"truncated\":false}}}")
        return output
    }
}

import FileSystem
import JSON

/// What was sent to queues and topics, for people to read: `queues/NAME.jsonl` in the data folder, a message a line, never
/// shortened. Nothing is read back from it.
struct MessageLog: Sendable {
    /// The folder of the files.
    let folder: String

    /// The last part of a queue's URL or ARN or a topic's ARN; nil when that is no name.
    static func name(in place: String) -> String? {
        guard let name = place.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init),
            name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }), !name.hasPrefix(".")
        else { return nil }
        return name
    }

    func append(_ message: JSONObject, to name: String) throws {
        try FileSystem.createDirectories(folder)
        // One write of a line: what several tasks append does not mix.
        try File("\(folder)/\(name).jsonl", .append).write(JSONValue.object(message).bytes() + [0x0A])
    }
}

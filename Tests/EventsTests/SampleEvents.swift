import Clocks
import Events
import FileSystem
import JSON
import TestSupport

/// The sample events of the repository, as the builders make them.
enum SampleEvents {
    static let object = ArrivedObject(
        bucket: "rds.data", key: "streams/streams-2024-06-25.csv", byteCount: 588_213,
        eTag: "6bd3f4a9f3a2d1f6f7d3c0c7f4b2a911", sequencer: "00667A96D07B9A3C11")
    static let time = Timestamp(iso8601: "2024-06-25T10:00:00.123Z")!

    static let s3 = S3Notification.event(
        .init(
            time: time, object: object, requestID: "C3D13FE58DE4C810",
            hostID: "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD", configurationID: "streams"))
    static let eventBridge = EventBridgeEvent.objectCreated(
        object, id: "17793124-05d4-4198-afde-7ededc63b103", time: time, requestID: "C3D13FE58DE4C810")
    static let sensor = SensorPoll.event(
        object, lastModified: time, sensor: .init(name: "streams", prefix: "streams/", wildcard: "*.csv"),
        id: "0c2b8f0e-7c57-4b0f-9c39-5f0f5a1f4a77", time: time + .seconds(60))

    static let files: [(name: String, event: JSONValue)] = [
        ("s3-object-created.json", s3), ("eventbridge-object-created.json", eventBridge), ("sensor-poll.json", sensor),
    ]

    static func read(_ path: String) throws -> JSONValue {
        try JSONValue(parsing: FileSystem.readFile(path, maximumByteCount: 1 << 20))
    }
}

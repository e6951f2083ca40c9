import Clocks
import Events
import JSON
import Template

/// What a sensor would say of a file.
enum SensorEvents {
    static func event(
        _ file: WorldFile, eTag: String, sensor: Application.Sensor, id: String, at time: Timestamp,
        account: AccountContext
    ) -> JSONValue {
        SensorPoll.event(
            ArrivedObject(bucket: file.bucket, key: file.key, byteCount: file.bytes.count, eTag: eTag),
            lastModified: WorldPlan.beginning,
            sensor: SensorPoll.Sensor(
                name: sensor.name, prefix: sensor.prefix, wildcard: sensor.wildcard,
                interval: .seconds(sensor.intervalSeconds)), id: id, time: time, account: account.accountID,
            region: account.region)
    }
}

import Events
import JSON
package import MusicKPIs
package import Storage

/// Finds out which file version an event is about.
package enum SourceOfEvent {
    /// The version that was validated; without a validation in the event, the version that is there now.
    ///
    /// - Throws: ``PipelineError`` `.objectMissing` when there is neither.
    package static func resolve(_ event: PipelineEvent, objects: any ObjectStore) async throws -> StreamSource {
        let arrival = event.arrival
        if let eTag = event.validation?["etag"]?.stringValue {
            return StreamSource(bucket: arrival.bucket, key: arrival.key, eTag: eTag)
        }
        if let metadata = try await objects.headIfPresent(arrival.key, in: arrival.bucket) {
            return StreamSource(bucket: arrival.bucket, key: arrival.key, eTag: metadata.eTag)
        }
        guard let eTag = arrival.eTag else {
            throw PipelineError(
                .objectMissing, "\(arrival.bucket)/\(arrival.key) is not there, and the event names no version")
        }
        return StreamSource(bucket: arrival.bucket, key: arrival.key, eTag: eTag)
    }
}

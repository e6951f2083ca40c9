package import JSON

/// An EventBridge event pattern, ready to be held against events.
///
/// The language is that of EventBridge's documentation ("Comparison operators for use in event patterns") and, where
/// that is silent, of its matcher, aws/event-ruler: all fields of a pattern must match, a field matches if any of the
/// event's values at its path matches any of the pattern's, arrays in the event stand for each of their elements, and
/// fields within one array of objects must match in the same element.
package struct EventPattern: Sendable, Hashable {
    let root: PatternObject

    /// Reads a pattern.
    ///
    /// - Throws: ``DeliveryError`` for the first part that is no pattern, with its path.
    package init(_ json: JSONValue) throws(DeliveryError) {
        guard case .object(let members) = json else {
            throw DeliveryError(
                code: .notAnObject, path: [], detail: "an event pattern is an object; this is of type \(json.kindName)")
        }
        root = try PatternObject(members, path: [], fields: [])
    }

    /// Whether `event` matches.
    ///
    /// - Complexity: O(*n* · *m*) in the sizes of event and pattern; with `{"exists": false}` within an array of
    ///   objects once more times the array's length.
    package func matches(_ event: JSONValue) -> Bool { root.matches(event, in: event) }
}

package import Events
package import JSON

/// What a handler is given: an arrival by itself, or the state machine's state, which carries one.
///
/// The state is `{"execution", "arrival", "validation"?, "etl"?, "kpis"?}`; `archive` gets
/// `{"disposition", "state": {...}}`.
package struct PipelineEvent: Sendable {
    package enum Disposition: String, Sendable {
        case archived = "ARCHIVED"
        case quarantined = "QUARANTINED"
        case failed = "FAILED"
    }

    /// The execution that works on the file; nil when a handler is invoked by itself.
    package let execution: String?
    /// Who is to be named in the tracker: the execution, else the request.
    package let owner: String
    package let arrival: FileArrival
    package let validation: JSONValue?
    package let etl: JSONValue?
    package let disposition: Disposition

    /// Reads an event.
    ///
    /// - Throws: ``PipelineError`` `.malformedEvent` when there is not exactly one arrival in it.
    package init(_ event: JSONValue, requestID: String) throws(PipelineError) {
        let state = event["state"] ?? event
        if let name = event["disposition"] {
            guard let known = name.stringValue.flatMap(Disposition.init) else {
                throw PipelineError(
                    .malformedEvent, "disposition is \(name.text()): ARCHIVED, QUARANTINED or FAILED is expected")
            }
            disposition = known
        } else {
            disposition = .archived
        }
        let arrivals: [FileArrival]
        do {
            arrivals = try FileArrival.all(in: state["arrival"] ?? state)
        } catch {
            throw PipelineError(.malformedEvent, "\(error)")
        }
        guard arrivals.count == 1 else {
            throw PipelineError(
                .malformedEvent, "the event tells of \(arrivals.count) arrived objects: one at a time is processed")
        }
        arrival = arrivals[0]
        execution = state["execution"]?.stringValue
        owner = execution ?? requestID
        validation = state["validation"]
        etl = state["etl"]
    }
}

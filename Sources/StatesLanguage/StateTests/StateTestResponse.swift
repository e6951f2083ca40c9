import JSON

/// What a test answers with, in AWS's shape: data are texts of JSON.
struct StateTestResponse {
    let inspection: Inspection
    let state: State
    let input: JSONValue
    let level: StateTest.InspectionLevel

    private var status: String {
        if inspection.retry != nil { return "RETRIABLE" }
        guard inspection.hasLeft else { return "FAILED" }
        return inspection.catcher == nil ? "SUCCEEDED" : "CAUGHT_ERROR"
    }

    var json: JSONValue {
        var response = JSONObject()
        if let error = inspection.error, status != "SUCCEEDED" {
            if !error.name.isEmpty { response["error"] = .string(error.name) }
            response["cause"] = error.cause.map { .string($0) }
        }
        if level != .info { response["inspectionData"] = .object(inspectionData) }
        if inspection.hasLeft {
            response["nextState"] = inspection.nextState.map { .string($0) }
            response["output"] = inspection.output.map { .string($0.spacedText) }
        }
        response["status"] = .string(status)
        return .object(response)
    }

    private var inspectionData: JSONObject {
        var data: JSONObject = ["input": .string(input.spacedText)]
        for (name, value) in inspection.stages { data[name] = .string(value.spacedText) }
        if case .pass(let pass) = state.kind, state.language == .jsonPath, let result = pass.result {
            // As recorded: a fixed result leaves nothing of the input to show.
            data["afterInputPath"] = nil
            data["afterParameters"] = nil
            data["result"] = .string(result.spacedText)
        }
        for (name, number) in inspection.numbers { data[name] = number }
        if let percentage = inspection.numbers["toleratedFailurePercentage"]?.doubleValue {
            // AWS spells it as a fraction, `1.0`.
            data["toleratedFailurePercentage"] = JSONNumber(spelling: percentage.description).map { .number($0) }
        }
        if !details.isEmpty { data["errorDetails"] = .object(details) }
        let variables = inspection.hasLeft ? inspection.variables : inspection.initialVariables
        if !variables.isEmpty {
            let object = JSONObject(variables.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
            data["variables"] = .string(JSONValue.object(object).spacedText)
        }
        return data
    }

    private var details: JSONObject {
        var details = JSONObject()
        details["catchIndex"] = inspection.catcher.map { .int($0) }
        if let retry = inspection.retry {
            details["retryIndex"] = .int(retry.index)
            details["retryBackoffIntervalSeconds"] = .int(Int(clamping: retry.seconds.rounded()))
        } else {
            details["retryIndex"] = inspection.exhaustedRetrier.map { .int($0) }
        }
        return details
    }
}

extension JSONValue {
    /// The text with a blank behind each comma and colon, as AWS writes it in answers to TestState.
    var spacedText: String {
        switch self {
        case .array(let elements): "[\(elements.map(\.spacedText).joined(separator: ", "))]"
        case .object(let object):
            "{\(object.map { "\(JSONValue.string($0.key).text()): \($0.value.spacedText)" }.joined(separator: ", "))}"
        default: text()
        }
    }
}

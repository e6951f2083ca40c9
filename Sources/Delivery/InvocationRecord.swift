package import Clocks
package import JSON

/// The record of an asynchronous invocation that goes to a destination, and the message that goes to a dead-letter
/// queue ("Capturing records of Lambda asynchronous invocations").
package struct InvocationRecord: Sendable, Hashable {
    /// Bytes of the error message that a dead-letter queue gets.
    package static let deadLetterMessageLimit = 1_024

    /// Why a function was not run, as an answer of the Invoke API would say it.
    package struct Refusal: Sendable, Hashable {
        package let statusCode: Int
        package let message: String

        package init(statusCode: Int, message: String) {
            self.statusCode = statusCode
            self.message = message
        }
    }

    package let time: Timestamp
    package let requestID: String
    package let functionARN: String
    package let condition: InvocationRetry.Condition
    package let invokeCount: Int
    package let request: JSONValue
    /// The function's answer or error; nil when it never ran.
    package let response: JSONValue?
    /// Nil when it ran, was throttled, or became too old.
    package let refusal: Refusal?

    package init(
        time: Timestamp, requestID: String, functionARN: String, condition: InvocationRetry.Condition, invokeCount: Int,
        request: JSONValue, response: JSONValue?, refusal: Refusal? = nil
    ) {
        self.time = time
        self.requestID = requestID
        self.functionARN = functionARN
        self.condition = condition
        self.invokeCount = invokeCount
        self.request = request
        self.response = response
        self.refusal = refusal
    }

    /// The record as a destination gets it, version 1.0.
    package var json: JSONValue {
        var record: JSONObject = [
            "version": "1.0", "timestamp": .string(time.iso8601),
            "requestContext": [
                "requestId": .string(requestID), "functionArn": .string("\(functionARN):$LATEST"),
                "condition": .string(condition.rawValue), "approximateInvokeCount": .int(invokeCount),
            ],
            "requestPayload": request,
        ]
        if let response {
            var context: JSONObject = ["statusCode": 200, "executedVersion": "$LATEST"]
            if condition != .success { context["functionError"] = "Unhandled" }
            record["responseContext"] = .object(context)
            record["responsePayload"] = response
        }
        return .object(record)
    }

    /// The attributes that a dead-letter queue gets beside the event itself: `RequestID`, `ErrorCode` and the first
    /// bytes of `ErrorMessage`.
    package var deadLetterAttributes: [String: String] {
        let message = refusal?.message ?? response?["errorMessage"]?.stringValue ?? condition.rawValue
        var kept = message.utf8.prefix(InvocationRecord.deadLetterMessageLimit)
        // Not in the middle of a character.
        while String(kept) == nil, !kept.isEmpty { kept.removeLast() }
        return [
            "RequestID": requestID, "ErrorCode": "\(refusal?.statusCode ?? (response == nil ? 429 : 200))",
            "ErrorMessage": String(kept) ?? "",
        ]
    }
}

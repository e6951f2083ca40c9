import Clocks
import JSON

extension Execution {
    /// What the function gets of `Payload`: a string is the payload's own JSON text, and nothing is an empty object.
    ///
    /// - Returns: Nil for a string that is no JSON.
    func invocationPayload(_ payload: JSONValue?) -> JSONValue? {
        switch payload {
        case nil, .null?: [:]
        case .string(let text)?: try? JSONValue(parsing: text)
        case let payload?: payload
        }
    }

    /// The envelope that `lambda:invoke` puts around a function's answer, in the shape that AWS gives it.
    ///
    /// The function runs nearby, so the HTTP part says what a call would have: its ids come of the task's token, and
    /// with `LogType` `Tail` the log is empty.
    func invocationResult(_ answer: JSONValue, _ payload: String, _ token: TaskToken, hasLog: Bool) -> JSONValue {
        let requestID = SeededEntropy(seed: seed(of: token)).uuid()
        let traceID = "root=1-\(requestID.prefix(8))-\(requestID.replacing("-", with: "").suffix(24));sampled=0"
        var headers: JSONObject = [
            "Connection": "keep-alive", "Content-Length": .string(String(payload.utf8.count)),
            "Content-Type": "application/json", "Date": .string(now.httpDate), "X-Amz-Executed-Version": "$LATEST",
        ]
        if hasLog { headers["X-Amz-Log-Result"] = "" }
        headers["x-amzn-Remapped-Content-Length"] = "0"
        headers["x-amzn-RequestId"] = .string(requestID)
        headers["X-Amzn-Trace-Id"] = .string(traceID)
        var result: JSONObject = ["ExecutedVersion": "$LATEST"]
        if hasLog { result["LogResult"] = "" }
        result["Payload"] = answer
        result["SdkHttpMetadata"] = [
            "AllHttpHeaders": .object(JSONObject(headers.map { ($0.key, .array([$0.value])) })),
            "HttpHeaders": .object(headers), "HttpStatusCode": 200,
        ]
        result["SdkResponseMetadata"] = ["RequestId": .string(requestID)]
        result["StatusCode"] = 200
        return .object(result)
    }

    /// FNV-1a of the execution's ARN and the token: the same in each replay.
    private func seed(of token: TaskToken) -> UInt64 {
        "\(identity.arn) \(token)".utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

extension Timestamp {
    /// `Tue, 25 Jun 2024 10:00:00 GMT` (RFC 9110, 5.6.7).
    fileprivate var httpDate: String {
        let parts = calendarParts
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        return "\(days[weekday]), \(two(parts.day)) \(months[parts.month - 1]) \(parts.year) "
            + "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second)) GMT"
    }
}

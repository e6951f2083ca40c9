import Clocks
import JSON
import Testing

@testable import Delivery

private let start = Timestamp(secondsSinceEpoch: 1_719_309_600)

@Suite struct InvocationRecordTests {
    private func record(_ condition: InvocationRetry.Condition, _ response: JSONValue?) -> InvocationRecord {
        InvocationRecord(
            time: start, requestID: "id-1", functionARN: "arn:aws:lambda:us-east-1:000000000000:function:etl",
            condition: condition, invokeCount: 3, request: ["k": 1], response: response)
    }

    @Test("a failure's record has AWS's shape")
    func failure() throws {
        let expected = """
            {"version":"1.0","timestamp":"2024-06-25T10:00:00.000Z","requestContext":{"requestId":"id-1",\
            "functionArn":"arn:aws:lambda:us-east-1:000000000000:function:etl:$LATEST","condition":"RetriesExhausted",\
            "approximateInvokeCount":3},"requestPayload":{"k":1},"responseContext":{"statusCode":200,\
            "executedVersion":"$LATEST","functionError":"Unhandled"},"responsePayload":{"errorMessage":"no"}}
            """
        #expect(record(.retriesExhausted, ["errorMessage": "no"]).json.text() == expected)
    }

    @Test("a success has no error, and what never ran no response")
    func others() {
        #expect(
            record(.success, ["ok": true]).json["responseContext"] == ["statusCode": 200, "executedVersion": "$LATEST"])
        #expect(record(.eventAgeExceeded, nil).json["responseContext"] == nil)
        #expect(record(.eventAgeExceeded, nil).json["responsePayload"] == nil)
    }

    @Test("a dead-letter queue gets the message's first 1,024 bytes, whole characters")
    func deadLetter() {
        let attributes = record(
            .retriesExhausted, ["errorMessage": .string("x" + String(repeating: "ü", count: 600))]
        ).deadLetterAttributes
        #expect(attributes["RequestID"] == "id-1")
        #expect(attributes["ErrorCode"] == "200")
        #expect(attributes["ErrorMessage"] == "x" + String(repeating: "ü", count: 511))
        #expect(record(.eventAgeExceeded, nil).deadLetterAttributes["ErrorMessage"] == "EventAgeExceeded")
    }

    @Test("a function that was not to run: the message and its code")
    func refusal() {
        let record = InvocationRecord(
            time: start, requestID: "id-1", functionARN: "arn", condition: .retriesExhausted, invokeCount: 0,
            request: [:], response: nil, refusal: InvocationRecord.Refusal(statusCode: 400, message: "a loop"))
        #expect(record.deadLetterAttributes == ["RequestID": "id-1", "ErrorCode": "400", "ErrorMessage": "a loop"])
        #expect(record.json["responseContext"] == nil)
    }
}

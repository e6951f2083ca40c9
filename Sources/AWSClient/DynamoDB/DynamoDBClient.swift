package import Clocks
import HTTPClient
package import JSON

/// The calls of Amazon DynamoDB (Amazon DynamoDB API Reference, 2012-08-10): JSON in, JSON out.
package struct DynamoDBClient: Sendable {
    package let connection: AWSConnection

    init(_ connection: AWSConnection) { self.connection = connection }

    package var clock: any WallClock { connection.clock }
    package var policy: RetryPolicy { connection.policy }

    /// What came of a call.
    package struct Answer: Sendable {
        package let json: JSONValue
        /// Whether an earlier attempt may have been carried out, too.
        package let mayHaveHappenedBefore: Bool
    }

    /// Makes one call.
    ///
    /// - Parameters:
    ///   - operation: The API's name, such as `PutItem`.
    ///   - isRepeatable: False for what must not be done twice, such as adding to a number.
    /// - Throws: ``AWSError`` with DynamoDB's code, or `CancellationError`.
    package func call(
        _ operation: String, _ body: JSONObject, table: String, isRepeatable: Bool = true
    ) async throws -> Answer {
        var request = AWSRequest(operation, "table \(table)", "POST")
        request.headers = [
            ("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", "DynamoDB_20120810.\(operation)"),
        ]
        request.body = JSONValue.object(body).bytes()
        request.isRepeatable = isRepeatable
        request.isRead = ["GetItem", "BatchGetItem", "Query", "Scan"].contains(operation)
        // 16 MB is the most that a batch of reads gives; typed JSON is longer than what DynamoDB counts.
        request.maximumBodyByteCount = 256 << 20
        let response = try await connection.send(request)
        do {
            return Answer(
                json: try JSONValue(parsing: response.http.body),
                mayHaveHappenedBefore: response.mayHaveHappenedBefore)
        } catch {
            throw AWSError(
                .malformedResponse, code: "ResponseMalformed", operation: operation, resource: request.resource,
                detail: "the answer is no JSON: \(error)", requestID: response.http.headers["x-amzn-requestid"])
        }
    }

    /// The wait before the next round of a batch whose entries were left over, from 1 on.
    package func delay(round: Int) -> Duration {
        policy.delay(before: round + 1, isThrottled: true, connection.entropy)
    }

    /// A token that makes DynamoDB carry out a transaction once, however often it is sent (for ten minutes).
    package func requestToken() -> String { connection.entropy.uuid() }
}

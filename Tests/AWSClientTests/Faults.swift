import AWSClient
import Clocks
import Synchronization
import TestSupport

/// A clock on which every wait is over at once, and which remembers the waits.
final class SkippingClock: WallClock {
    private struct State {
        var now: Timestamp
        var waits: [Duration] = []
    }

    private let state: Mutex<State>

    init(now: Timestamp = SystemClock().now) { state = Mutex(State(now: now)) }

    var now: Timestamp { state.withLock(\.now) }
    var waits: [Duration] { state.withLock(\.waits) }

    func sleep(until deadline: Timestamp) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            guard deadline > state.now else { return }
            state.waits.append(deadline - state.now)
            state.now = deadline
        }
    }
}

/// Answers of S3 and DynamoDB, byte by byte.
enum Answer {
    static let date = "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"

    static func error(_ status: Int, _ code: String, headers: String = "") -> SocketPeer.Action {
        .respond(
            status,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>\(code)</Code><Message>it &amp; that</Message></Error>",
            headers: "x-amz-request-id: REQ1\r\nx-amz-id-2: ID2\r\nContent-Type: application/xml\r\n\(headers)")
    }

    static func object(_ body: String, eTag: String = "e1", range: String? = nil) -> SocketPeer.Action {
        .respond(
            range == nil ? 200 : 206, body,
            headers: "ETag: \"\(eTag)\"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n\(date)"
                + (range.map { "Content-Range: bytes \($0)\r\n" } ?? ""))
    }

    static let written = SocketPeer.Action.respond(200, "", headers: "ETag: \"e1\"\r\n\(date)")

    static func table(_ status: Int, _ body: String) -> SocketPeer.Action {
        .respond(status, body, headers: "x-amzn-requestid: DDB1\r\nContent-Type: application/x-amz-json-1.0\r\n")
    }

    static func tableError(_ code: String, _ status: Int = 400) -> SocketPeer.Action {
        table(status, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#\(code)\",\"message\":\"words\"}")
    }
}

/// Clients of a peer on this machine.
struct ClientsUnderTest {
    let clients: AWSClients
    let clock: SkippingClock

    init(
        port: UInt16, environment: [String: String] = [:], clock: SkippingClock = SkippingClock(),
        policy: RetryPolicy = RetryPolicy()
    ) throws {
        let usual = [
            "AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)", "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "very-secret",
            "AWS_SESSION_TOKEN": "the-token",
            "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent",
        ]
        self.clock = clock
        clients = try AWSClients(
            environment: usual.merging(environment) { $1 }, clock: clock, entropy: SeededEntropy(seed: 1),
            policy: policy)
    }
}

/// The error with which `body` fails, or nil.
func awsError<Result>(_ body: () async throws -> Result) async -> AWSError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? AWSError
    }
}

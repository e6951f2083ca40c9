import Clocks
import HTTPClient
import JSON

/// Asks an endpoint on the machine, or close to it, that hands out credentials.
struct CredentialEndpoint: Sendable {
    /// Such endpoints are at hand or not there at all.
    static let timeout = Duration.seconds(2)
    /// Times that each is asked before it counts as failed.
    static let attemptCount = 3

    let name: String
    let transport: HTTPTransport
    let clock: any WallClock

    /// The answer, whatever its status; asked again when none comes or the status is 5xx or 429.
    func ask(
        _ method: String, _ url: String, headers: [(String, String)] = [], attemptCount: Int = Self.attemptCount,
        timeout: Duration = Self.timeout
    ) async throws -> HTTPClient.Response {
        let request = HTTPTransport.Request(
            method, url, headers: headers, timeout: timeout, limits: HTTPClient.Limits(bodyByteCount: 1 << 20),
            usesProxy: false)
        var attempt = 1
        while true {
            do {
                let response = try await transport.send(request)
                guard response.status >= 500 || response.status == 429, attempt < attemptCount else { return response }
            } catch {
                if error.code == .cancelled { throw CancellationError() }
                guard error.code != .noLibrary, attempt < attemptCount else { throw error }
            }
            try await clock.sleep(for: .milliseconds(100 * attempt))
            attempt += 1
        }
    }

    /// Reads the answer's JSON as container endpoints and the instance metadata service give it.
    func credentials(_ response: HTTPClient.Response, token tokenName: String = "Token") throws -> AWSCredentials {
        guard response.status == 200 else {
            throw AWSError.credentials(name, "it answered with status \(response.status)")
        }
        guard let json = try? JSONValue(parsing: response.body) else {
            throw AWSError.credentials(name, "its answer is no JSON")
        }
        if let code = json["Code"]?.stringValue, code != "Success" {
            throw AWSError.credentials(name, "it answered `\(code)`")
        }
        guard let key = json["AccessKeyId"]?.stringValue, let secret = json["SecretAccessKey"]?.stringValue else {
            throw AWSError.credentials(name, "its answer has no AccessKeyId and SecretAccessKey")
        }
        var expiration: Timestamp?
        if let text = json["Expiration"]?.stringValue {
            expiration = Timestamp(iso8601: text)
            if expiration == nil { throw AWSError.credentials(name, "its Expiration is no time") }
        }
        return AWSCredentials(
            accessKeyID: key, secretAccessKey: secret, sessionToken: json[tokenName]?.stringValue,
            expiration: expiration)
    }
}

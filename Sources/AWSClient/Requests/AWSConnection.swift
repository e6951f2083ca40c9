package import Clocks
import Digest
package import HTTPClient
import JSON
import Synchronization

/// Sends a service's requests: signed, tried again as ``RetryPolicy`` says, with what goes wrong as ``AWSError``.
package final class AWSConnection: Sendable {
    package let endpoint: ServiceEndpoint
    package let service: AWSService
    package let clock: any WallClock
    package let entropy: any Entropy
    package let policy: RetryPolicy
    private let signer: SignatureV4
    private let credentials: CredentialCache
    private let transport: HTTPTransport
    private let quota = RetryQuota()
    /// The service's clock less ours.
    private let skew = Mutex(Duration.zero)

    /// Differences of the clocks that are corrected; signatures hold for five minutes at least.
    static let skewTolerance = Duration.seconds(240)

    package init(
        _ service: AWSService, at endpoint: ServiceEndpoint, region: String, credentials: CredentialCache,
        transport: HTTPTransport, clock: any WallClock, entropy: any Entropy, policy: RetryPolicy
    ) {
        self.service = service
        self.endpoint = endpoint
        self.credentials = credentials
        self.transport = transport
        self.clock = clock
        self.entropy = entropy
        self.policy = policy
        signer = SignatureV4(region: region, service: service.rawValue)
    }

    /// Sends a request until it succeeds (status 2xx) or can't be tried again.
    ///
    /// - Throws: ``AWSError``; `CancellationError` as soon as the task is cancelled; ``HTTPTransportError`` `.bodyTooLarge`
    ///   when the answer is longer than the request takes.
    package func send(_ request: AWSRequest) async throws -> AWSResponse {
        let deadline = clock.now + policy.deadline
        let invocation = entropy.uuid()
        var attempt = 1
        var paid = 0
        var mayHaveHappened = false
        while true {
            let failure: AWSError
            let kind: FailureClass
            let keys = try await credentials.credentials()
            do {
                let response = try await transport.send(signed(request, keys, attempt, invocation))
                let found = error(in: response, request)
                if let found {
                    failure = found
                    kind = resolve(FailureClass(status: found.status ?? 0, code: found.code), response)
                    if (found.status ?? 0) >= 500, kind != .throttled { mayHaveHappened = true }
                } else {
                    quota.giveBack(paid)
                    return AWSResponse(http: response, attemptCount: attempt, mayHaveHappenedBefore: mayHaveHappened)
                }
            } catch {
                switch error.code {
                case .cancelled: throw CancellationError()
                case .bodyTooLarge: throw error
                default: break
                }
                failure = AWSError(error, request)
                kind = AWSConnection.failureClass(of: error)
                if !error.isUnsent { mayHaveHappened = true }
            }
            let cost = kind == .timeout ? RetryQuota.timeoutCost : RetryQuota.retryCost
            let delay = policy.delay(before: attempt + 1, isThrottled: kind == .throttled, entropy)
            guard kind != .permanent, attempt < policy.maximumAttempts, request.isRepeatable || !mayHaveHappened,
                clock.now + delay < deadline, quota.take(cost)
            else { throw failure.after(attempts: attempt, mayHaveHappened: mayHaveHappened) }
            paid = cost
            if kind == .expired { await credentials.invalidate(keys) }
            // Other keys or another time make the next attempt a different one: no reason to wait.
            if kind != .expired, kind != .skewed { try await clock.sleep(for: delay) }
            attempt += 1
        }
    }

    private func signed(
        _ request: AWSRequest, _ keys: AWSCredentials, _ attempt: Int, _ invocation: String
    ) -> HTTPTransport.Request {
        let endpoint = request.host.map(endpoint.host) ?? endpoint
        let headers =
            [
                ("Host", endpoint.authority), ("amz-sdk-invocation-id", invocation),
                ("amz-sdk-request", "attempt=\(attempt); max=\(policy.maximumAttempts)"),
            ] + request.headers
        let path = endpoint.pathPrefix + request.path
        let unsigned = SignatureV4.Request(
            request.method, path, query: request.query, headers: headers, body: request.body)
        let added = signer.headers(
            for: unsigned, keys, at: clock.now + skew.withLock { $0 }, payload: request.payload)
        let query = SignatureV4.canonicalQuery(request.query)
        return HTTPTransport.Request(
            request.method, endpoint.origin + path + (query.isEmpty ? "" : "?\(query)"),
            // libcurl writes `Host` itself, from the same address.
            headers: Array(headers.dropFirst()) + added + [("User-Agent", "turntable")], body: request.body,
            timeout: request.attemptTimeout ?? policy.attemptTimeout,
            stallTimeout: request.attemptTimeout ?? .seconds(30),
            limits: HTTPClient.Limits(bodyByteCount: request.maximumBodyByteCount), usesProxy: !endpoint.isCustom,
            mayBeResent: request.isRead)
    }

    // MARK: What an answer means

    /// The error that an answer is, or nil.
    private func error(in response: HTTPClient.Response, _ request: AWSRequest) -> AWSError? {
        guard (200..<300).contains(response.status) else { return AWSError(response, service, request) }
        if request.mayFailLate, let root = try? XMLElement(parsing: response.body), root.name == "Error" {
            return AWSError(response, service, request)
        }
        if AWSConnection.isDamaged(response, request) {
            return AWSError(
                .malformedResponse, code: "ResponseChecksumMismatch", operation: request.operation,
                resource: request.resource, detail: "the answer's bytes don't have the checksum that came with them",
                status: 500, requestID: response.headers["x-amzn-requestid"])
        }
        return nil
    }

    /// Whether an answer's body is not what the CRC-32 that came with it says: DynamoDB's in digits, S3's in base64.
    private static func isDamaged(_ response: HTTPClient.Response, _ request: AWSRequest) -> Bool {
        if let expected = response.headers["x-amz-crc32"].flatMap({ UInt32($0) }) {
            return crc32(response.body) != expected
        }
        // S3's checksum of an object in parts is one of checksums, with `-` and their count, and says nothing of the whole.
        guard request.method == "GET", response.status == 200, let expected = response.headers["x-amz-checksum-crc32"],
            !expected.contains("-")
        else { return false }
        return S3Client.checksum(of: response.body) != expected
    }

    /// Takes the service's time from an answer that may be a matter of clocks: transient once that was corrected.
    private func resolve(_ kind: FailureClass, _ response: HTTPClient.Response) -> FailureClass {
        guard kind == .skewed else { return kind }
        guard let time = response.headers["Date"].flatMap({ HTTPDate.read($0) }) else { return .permanent }
        let isCorrected = skew.withLock { skew in
            let difference = time - (clock.now + skew)
            guard difference > AWSConnection.skewTolerance || difference < .zero - AWSConnection.skewTolerance else {
                return false
            }
            skew = time - clock.now
            return true
        }
        return isCorrected ? .skewed : .permanent
    }

    private static func failureClass(of error: HTTPTransportError) -> FailureClass {
        switch error.code {
        case .timedOut: .timeout
        case .connect, .closed, .malformedResponse: .transient
        // A certificate doesn't become good; a handshake that was cut short may do better.
        case .tls: error.curlCode == 35 ? .transient : .permanent
        case .noLibrary, .invalidRequest, .headerTooLarge, .bodyTooLarge, .cancelled: .permanent
        }
    }
}

extension AWSError {
    /// The meaning of a request that got no answer.
    init(_ error: HTTPTransportError, _ request: AWSRequest) {
        let code =
            switch error.code {
            case .noLibrary: "LibraryMissing"
            case .invalidRequest: "RequestInvalid"
            case .connect: "ConnectionFailed"
            case .tls: "TLSFailed"
            case .closed: "ConnectionClosed"
            case .malformedResponse, .headerTooLarge, .bodyTooLarge: "ResponseMalformed"
            case .timedOut: "RequestTimedOut"
            case .cancelled: "RequestCancelled"
            }
        self.init(
            .transport, code: code, operation: request.operation, resource: request.resource,
            detail: "\(error)", mayHaveHappened: !error.isUnsent)
    }

    /// The error that an answer carries: S3's XML, the JSON of the other services, or a bare status.
    init(_ response: HTTPClient.Response, _ service: AWSService, _ request: AWSRequest) {
        var code: String?
        var detail: String?
        var reasons: [String] = []
        if service == .dynamodb, let json = try? JSONValue(parsing: response.body) {
            code = json["__type"]?.stringValue?.split(separator: "#").last.map(String.init)
            detail = json["message"]?.stringValue ?? json["Message"]?.stringValue
            reasons = json["CancellationReasons"]?.arrayValue?.map { $0["Code"]?.stringValue ?? "None" } ?? []
        } else if service == .lambda {
            // REST with JSON: the code is in a header, perhaps with an address behind a colon.
            code = response.headers["x-amzn-errortype"]?.split(separator: ":").first.map(String.init)
            let json = try? JSONValue(parsing: response.body)
            detail = json?["Message"]?.stringValue ?? json?["message"]?.stringValue
        } else if let root = try? XMLElement(parsing: response.body) {
            let error = root.name == "Error" ? root : root.first("Error")
            code = error?.text("Code")
            detail = error?.text("Message")
        }
        self.init(
            .service, code: code ?? AWSError.code(response.status), operation: request.operation,
            resource: request.resource, detail: detail ?? "status \(response.status)", status: response.status,
            requestID: response.headers["x-amz-request-id"] ?? response.headers["x-amzn-requestid"],
            extendedRequestID: response.headers["x-amz-id-2"])
        cancellationReasons = reasons
    }

    /// The code where an answer has no body, as every answer to HEAD.
    private static func code(_ status: Int) -> String {
        switch status {
        case 301, 307: "PermanentRedirect"
        case 304: "NotModified"
        case 400: "BadRequest"
        case 403: "AccessDenied"
        case 404: "NotFound"
        case 409: "Conflict"
        case 412: "PreconditionFailed"
        case 416: "InvalidRange"
        case 429: "TooManyRequestsException"
        case 500: "InternalError"
        case 503: "ServiceUnavailable"
        default: "HTTPStatus\(status)"
        }
    }
}

import Clocks
import FileSystem
import HTTPClient

/// A role for the holder of a token in a file: `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`, `AWS_ROLE_SESSION_NAME`, or
/// the profile's `web_identity_token_file`, `role_arn`, `role_session_name` (STS API, AssumeRoleWithWebIdentity).
struct WebIdentityCredentials: CredentialSource {
    let configuration: AWSConfiguration
    let transport: HTTPTransport
    let clock: any WallClock

    var name: String { "the web identity token" }

    func load() async throws -> AWSCredentials? {
        guard let path = configuration.setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file") else {
            return nil
        }
        guard let role = configuration.setting("AWS_ROLE_ARN", "role_arn") else {
            throw AWSError.credentials(name, "there is a token file, and neither AWS_ROLE_ARN nor `role_arn`")
        }
        let session = configuration.setting("AWS_ROLE_SESSION_NAME", "role_session_name") ?? "turntable"
        let token: String
        do throws(FileSystemError) {
            token = String(decoding: try FileSystem.readFile(path, maximumByteCount: 64 << 10), as: UTF8.self)
        } catch {
            throw AWSError.credentials(name, "its file can't be read: \(error)")
        }
        let form = SignatureV4.canonicalQuery([
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session),
            ("WebIdentityToken", String(token.split(whereSeparator: \.isNewline).joined())),
        ])
        let endpoint = try configuration.endpoint(of: .sts)
        let request = HTTPTransport.Request(
            "POST", "\(endpoint.origin)\(endpoint.pathPrefix)/",
            headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")], body: Array(form.utf8),
            timeout: .seconds(10), limits: HTTPClient.Limits(bodyByteCount: 1 << 20), usesProxy: !endpoint.isCustom)
        return try await ask(request)
    }

    private func ask(_ request: HTTPTransport.Request) async throws -> AWSCredentials {
        for attempt in 1... {
            do {
                let response = try await transport.send(request)
                guard response.status >= 500, attempt < CredentialEndpoint.attemptCount else {
                    return try read(response)
                }
            } catch let error as HTTPTransportError {
                if error.code == .cancelled { throw CancellationError() }
                guard attempt < CredentialEndpoint.attemptCount else {
                    throw AWSError.credentials(name, error.detail)
                }
            }
            try await clock.sleep(for: .milliseconds(200 * attempt))
        }
        throw AWSError.credentials(name, "no answer")
    }

    private func read(_ response: HTTPClient.Response) throws(AWSError) -> AWSCredentials {
        let root = try? XMLElement(parsing: response.body)
        guard response.status == 200,
            let credentials = root?.first("AssumeRoleWithWebIdentityResult")?.first("Credentials"),
            let key = credentials.text("AccessKeyId"), let secret = credentials.text("SecretAccessKey")
        else {
            let code = root?.first("Error")?.text("Code") ?? "no credentials"
            throw AWSError.credentials(name, "STS answered \(code), status \(response.status)")
        }
        return AWSCredentials(
            accessKeyID: key, secretAccessKey: secret, sessionToken: credentials.text("SessionToken"),
            expiration: credentials.text("Expiration").flatMap { Timestamp(iso8601: $0) })
    }
}

import Clocks
import HTTPClient

/// The instance metadata service of EC2, version 2 (Amazon EC2 User Guide, "Use the Instance Metadata Service").
struct InstanceCredentials: CredentialSource {
    let environment: [String: String]
    let transport: HTTPTransport
    let clock: any WallClock

    var name: String { "EC2's metadata service" }

    private var origin: String {
        if let text = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"], !text.isEmpty {
            return text.last == "/" ? String(text.dropLast()) : text
        }
        let isIPv6 = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
        return isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
    }

    func load() async throws -> AWSCredentials? {
        guard environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true" else { return nil }
        let endpoint = CredentialEndpoint(name: name, transport: transport, clock: clock)
        let lifetime = [("X-aws-ec2-metadata-token-ttl-seconds", "21600")]
        let token: HTTPClient.Response
        do {
            token = try await endpoint.ask(
                "PUT", "\(origin)/latest/api/token", headers: lifetime, attemptCount: 1, timeout: .seconds(1))
        } catch is HTTPTransportError {
            // No instance of EC2.
            return nil
        }
        guard token.status == 200 else {
            throw AWSError.credentials(name, "it gave no token, status \(token.status)")
        }
        let headers = [("X-aws-ec2-metadata-token", String(decoding: token.body, as: UTF8.self))]
        let path = "\(origin)/latest/meta-data/iam/security-credentials/"
        do {
            let roles = try await endpoint.ask("GET", path, headers: headers)
            // An instance without a role.
            if roles.status == 404 { return nil }
            let role = String(decoding: roles.body, as: UTF8.self).split(whereSeparator: \.isNewline).first
            guard roles.status == 200, let role else {
                throw AWSError.credentials(name, "it named no role, status \(roles.status)")
            }
            return try endpoint.credentials(
                try await endpoint.ask("GET", path + PercentEncoding.encode(String(role)), headers: headers))
        } catch let error as HTTPTransportError {
            throw AWSError.credentials(name, error.detail)
        }
    }
}

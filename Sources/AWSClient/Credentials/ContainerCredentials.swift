import Clocks
import FileSystem
import HTTPClient

/// The endpoint that ECS and EKS give to a container (AWS SDKs and Tools Reference Guide, "Container credential provider").
struct ContainerCredentials: CredentialSource {
    let environment: [String: String]
    let transport: HTTPTransport
    let clock: any WallClock

    var name: String { "the container's endpoint" }

    /// Hosts that plain HTTP is allowed to: ECS, EKS, and this machine.
    static let plainHosts: Set = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost", "[::1]"]

    func load() async throws -> AWSCredentials? {
        guard let url = try address() else { return nil }
        var headers: [(String, String)] = []
        if let token = try token() { headers.append(("Authorization", token)) }
        let endpoint = CredentialEndpoint(name: name, transport: transport, clock: clock)
        do {
            return try endpoint.credentials(try await endpoint.ask("GET", url, headers: headers))
        } catch let error as HTTPTransportError {
            throw AWSError.credentials(name, error.detail)
        }
    }

    private func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    private func address() throws -> String? {
        if let path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") { return "http://169.254.170.2\(path)" }
        guard let url = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        // The query, if any, belongs to the path here.
        guard let endpoint = ServiceEndpoint(custom: String(url.prefix { $0 != "?" })) else {
            throw AWSError.credentials(name, "AWS_CONTAINER_CREDENTIALS_FULL_URI is no http or https address")
        }
        guard endpoint.isSecure || Self.plainHosts.contains(endpoint.host) || endpoint.host.hasPrefix("127.") else {
            throw AWSError.credentials(
                name, "plain HTTP is only allowed to this machine and the container's host, not to \(endpoint.host)")
        }
        return url
    }

    /// The file is read each time: its token changes.
    private func token() throws -> String? {
        if let path = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            do throws(FileSystemError) {
                let text = String(decoding: try FileSystem.readFile(path, maximumByteCount: 64 << 10), as: UTF8.self)
                return text.split(whereSeparator: \.isNewline).first.map(String.init)
            } catch {
                throw AWSError.credentials(name, "the token's file can't be read: \(error)")
            }
        }
        return variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    }
}

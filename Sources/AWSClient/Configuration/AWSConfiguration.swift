import FileSystem
package import HTTPClient

/// What the environment and AWS's shared files say about how to reach AWS; read once.
///
/// A variable goes before the profile's setting (AWS SDKs and Tools Reference Guide, "Settings reference").
package struct AWSConfiguration: Sendable {
    package let environment: [String: String]
    package let region: String
    /// The profile's name: `AWS_PROFILE`, else `default`.
    package let profileName: String
    package let configFile: SharedFile
    package let credentialsFile: SharedFile
    /// Attempts of one call at most, the first included (`AWS_MAX_ATTEMPTS`, `max_attempts`); nil for each service's own.
    package let maximumAttempts: Int?
    /// False sends checksums only where a call needs one (`AWS_REQUEST_CHECKSUM_CALCULATION=when_required`).
    package let sendsChecksums: Bool
    package let transportOptions: HTTPTransport.Options

    /// Certificates where Amazon Linux, Debian and others keep them.
    static let certificateFiles = [
        "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    /// - Throws: ``AWSError`` of kind `.configuration`: no region, a profile that is named and isn't there, a file that
    ///   can't be read, a number that is none, a retry mode other than standard.
    package init(environment: [String: String]) throws(AWSError) {
        self.environment = environment
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let home = variable("HOME") ?? "/"
        let named = variable("AWS_PROFILE") ?? variable("AWS_DEFAULT_PROFILE")
        profileName = named ?? "default"
        configFile = try AWSConfiguration.read(variable("AWS_CONFIG_FILE"), "\(home)/.aws/config", home)
        credentialsFile = try AWSConfiguration.read(
            variable("AWS_SHARED_CREDENTIALS_FILE"), "\(home)/.aws/credentials", home)
        let settings = AWSConfiguration.settings(profileName, configFile)
        if named != nil, settings == nil, credentialsFile.sections[profileName] == nil {
            throw AWSConfiguration.error(
                "the profile `\(profileName)` is neither in \(configFile.path) nor in \(credentialsFile.path)")
        }
        func setting(_ variableName: String, _ name: String) -> String? {
            variable(variableName) ?? settings?[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let region = variable("AWS_REGION") ?? setting("AWS_DEFAULT_REGION", "region") else {
            throw AWSConfiguration.error(
                "no region is known: set AWS_REGION, or `region` in the profile `\(profileName)` of \(configFile.path)")
        }
        guard region.utf8.allSatisfy({ HTTPAddress.isHostCharacter($0) && $0 != UInt8(ascii: ".") }) else {
            throw AWSConfiguration.error("the region has a character that no region has")
        }
        self.region = region
        if let mode = setting("AWS_RETRY_MODE", "retry_mode"), mode != "standard" {
            throw AWSConfiguration.error("the retry mode `\(mode)` is not supported; only `standard` is")
        }
        maximumAttempts = try setting("AWS_MAX_ATTEMPTS", "max_attempts").map { text throws(AWSError) in
            guard let number = Int(text), number > 0 else {
                throw AWSConfiguration.error("AWS_MAX_ATTEMPTS or `max_attempts` is no number above 0")
            }
            return number
        }
        sendsChecksums =
            setting("AWS_REQUEST_CHECKSUM_CALCULATION", "request_checksum_calculation")?.lowercased() != "when_required"
        var options = HTTPTransport.Options()
        options.certificateFile =
            setting("AWS_CA_BUNDLE", "ca_bundle") ?? variable("SSL_CERT_FILE")
            ?? AWSConfiguration.certificateFiles.first { (try? FileSystem.status($0)) ?? nil != nil }
        options.secureProxy = variable("https_proxy") ?? variable("HTTPS_PROXY") ?? ""
        // `HTTP_PROXY` is a request's header in CGI programs, so only the lower-case name counts, as in libcurl.
        options.plainProxy = variable("http_proxy") ?? ""
        options.proxyExceptions = variable("no_proxy") ?? variable("NO_PROXY") ?? ""
        transportOptions = options
    }

    /// The variable, else the profile's setting; nil when neither is there or both are empty.
    package func setting(_ variable: String, _ name: String) -> String? {
        if let value = environment[variable], !value.isEmpty { return value }
        return profile?[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The settings of the profile in `config`.
    package var profile: [String: String]? { AWSConfiguration.settings(profileName, configFile) }

    private static func settings(_ name: String, _ file: SharedFile) -> [String: String]? {
        file.sections["profile \(name)"] ?? (name == "default" ? file.sections["default"] : nil)
    }

    /// A file that isn't there is an empty one, as for every SDK.
    private static func read(_ named: String?, _ usual: String, _ home: String) throws(AWSError) -> SharedFile {
        var path = named ?? usual
        if path.hasPrefix("~/") { path = home + path.dropFirst() }
        do throws(FileSystemError) {
            let bytes = try FileSystem.readFile(path, maximumByteCount: 1 << 20)
            return SharedFile(path: path, text: String(decoding: bytes, as: UTF8.self))
        } catch {
            if error.isNotFound { return SharedFile(path: path) }
            throw AWSConfiguration.error("\(error)")
        }
    }

    static func error(_ detail: String) -> AWSError {
        AWSError(.configuration, code: "ConfigurationInvalid", operation: "configure", resource: "AWS", detail: detail)
    }
}

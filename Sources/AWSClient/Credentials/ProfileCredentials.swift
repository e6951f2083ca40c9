/// The keys of a profile in the shared files, `credentials` before `config`.
///
/// What needs another program or service is named in an error rather than passed over: `source_profile`,
/// `credential_source`, `credential_process`, SSO.
struct ProfileCredentials: CredentialSource {
    let configuration: AWSConfiguration

    var name: String { "the profile `\(configuration.profileName)`" }

    /// Settings that ask for what isn't supported, and what to do instead.
    static let unsupported = [
        ("source_profile", "assuming a role through `source_profile`"),
        ("credential_source", "assuming a role through `credential_source`"),
        ("credential_process", "`credential_process`"), ("sso_session", "SSO"), ("sso_start_url", "SSO"),
        ("login_session", "`aws login`"),
    ]

    func load() async throws -> AWSCredentials? {
        let files = [
            (configuration.credentialsFile.path, configuration.credentialsFile.sections[configuration.profileName]),
            (configuration.configFile.path, configuration.profile),
        ]
        for (path, settings) in files {
            guard let settings else { continue }
            // A role goes before keys, as in every SDK: the keys beside it are not the ones meant.
            for (setting, what) in Self.unsupported where settings[setting] != nil {
                throw AWSError.credentials(
                    "\(name) of \(path)",
                    "\(what) is not supported here; run `aws configure export-credentials --format env` and pass its variables"
                )
            }
        }
        for (path, settings) in files {
            guard let settings, let key = settings["aws_access_key_id"], !key.isEmpty else { continue }
            guard let secret = settings["aws_secret_access_key"], !secret.isEmpty else {
                throw AWSError.credentials(
                    "\(name) of \(path)", "aws_access_key_id is there, aws_secret_access_key is not")
            }
            let token = settings["aws_session_token"].flatMap { $0.isEmpty ? nil : $0 }
            return AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token)
        }
        return nil
    }
}

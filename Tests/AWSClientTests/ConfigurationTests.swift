import FileSystem
import TestSupport
import Testing

@testable import AWSClient

@Suite("AWSConfiguration")
struct ConfigurationTests {
    static let file = """
        # shared
        [default]
        region = us-west-2  # far
        [profile dev]
        region=eu-west-1
        services = local
        max_attempts = 5
        s3 =
          addressing_style = virtual
        [ services   local ]
        s3 =
            endpoint_url = http://localhost:9000/base/
        dynamodb =
            endpoint_url = https://[::1]:8000
        [profile bad]
        region = x
        services = none
        """

    func configuration(
        _ environment: [String: String], in folder: String, file: String = file
    ) throws -> AWSConfiguration {
        try FileSystem.writeFileAtomically("\(folder)/config", Array(file.utf8))
        let usual = [
            "AWS_CONFIG_FILE": "\(folder)/config", "AWS_SHARED_CREDENTIALS_FILE": "\(folder)/credentials",
            "HOME": folder,
        ]
        return try AWSConfiguration(environment: usual.merging(environment) { $1 })
    }

    @Test("variables go before the profile, the service's own before all")
    func precedence() async throws {
        try await withTemporaryDirectory { folder in
            let plain = try configuration([:], in: folder)
            #expect(plain.region == "us-west-2")
            #expect(try plain.endpoint(of: .s3).origin == "https://s3.us-west-2.amazonaws.com")
            #expect(try plain.endpoint(of: .dynamodb).origin == "https://dynamodb.us-west-2.amazonaws.com")
            let dev = try configuration(["AWS_PROFILE": "dev"], in: folder)
            #expect(dev.region == "eu-west-1" && dev.maximumAttempts == 5)
            let local = try dev.endpoint(of: .s3)
            #expect(local.origin == "http://localhost:9000" && local.pathPrefix == "/base" && local.isCustom)
            #expect(try dev.endpoint(of: .dynamodb).authority == "[::1]:8000")
            #expect(try dev.endpoint(of: .sts).origin == "https://sts.eu-west-1.amazonaws.com")
            let variables = try configuration(
                [
                    "AWS_PROFILE": "dev", "AWS_REGION": "r1", "AWS_DEFAULT_REGION": "r2",
                    "AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_S3": "https://b:443",
                ], in: folder)
            #expect(variables.region == "r1")
            #expect(try variables.endpoint(of: .s3).origin == "https://b")
            #expect(try variables.endpoint(of: .dynamodb).origin == "http://a:1")
            let ignoring = try configuration(
                ["AWS_ENDPOINT_URL": "http://a:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"], in: folder)
            #expect(try !ignoring.endpoint(of: .s3).isCustom)
        }
    }

    @Test(
        "AWS's own addresses follow region, FIPS and dual stack",
        arguments: [
            ([:], "s3.cn-north-1.amazonaws.com.cn", "dynamodb.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            (
                ["AWS_USE_DUALSTACK_ENDPOINT": "true"], "s3.dualstack.us-east-1.amazonaws.com",
                "dynamodb.us-east-1.api.aws", "us-east-1"
            ),
            (
                ["AWS_USE_FIPS_ENDPOINT": "true"], "s3-fips.us-gov-west-1.amazonaws.com",
                "dynamodb-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"
            ),
        ] as [([String: String], String, String, String)])
    func addresses(environment: [String: String], s3: String, dynamodb: String, region: String) async throws {
        try await withTemporaryDirectory { folder in
            let found = try configuration(environment.merging(["AWS_REGION": region]) { $1 }, in: folder)
            #expect(try found.endpoint(of: .s3).host == s3)
            #expect(try found.endpoint(of: .dynamodb).host == dynamodb)
        }
    }

    @Test("a bucket is in the host unless its name has dots or the endpoint is someone else's")
    func addressing() async throws {
        try await withTemporaryDirectory { folder in
            let plain = try configuration([:], in: folder)
            let aws = try plain.endpoint(of: .s3)
            #expect(!plain.usesPathStyle(for: "bucket", at: aws))
            #expect(plain.usesPathStyle(for: "rds.data", at: aws))
            let dev = try configuration(["AWS_PROFILE": "dev"], in: folder)
            #expect(!dev.usesPathStyle(for: "bucket", at: try dev.endpoint(of: .s3)))
            let other = try configuration(["AWS_ENDPOINT_URL": "http://127.0.0.1:1"], in: folder)
            #expect(other.usesPathStyle(for: "bucket", at: try other.endpoint(of: .s3)))
        }
    }

    @Test(
        "what can't be is named",
        arguments: [
            (["AWS_PROFILE": "none"], "none"), (["AWS_RETRY_MODE": "adaptive"], "adaptive"),
            (["AWS_MAX_ATTEMPTS": "0"], "AWS_MAX_ATTEMPTS"), (["AWS_PROFILE": "bad"], "services `none`"),
            (["AWS_ENDPOINT_URL": "localhost:4566"], "localhost:4566"), (["AWS_REGION": "a/b"], "region"),
            (["AWS_ENDPOINT_URL": "http://user@host"], "endpoint"),
            (["AWS_ENDPOINT_URL": "http://h:99999"], "endpoint"),
        ] as [([String: String], String)])
    func faults(environment: [String: String], word: String) async throws {
        try await withTemporaryDirectory { folder in
            let error = #expect(throws: AWSError.self) {
                let found = try configuration(environment, in: folder)
                _ = try found.endpoint(of: .s3)
            }
            #expect(error?.kind == .configuration)
            #expect(error?.detail.contains(word) == true, "\(error?.detail ?? "")")
        }
    }

    @Test("proxies and certificates come from the environment; emulators need neither")
    func transport() async throws {
        try await withTemporaryDirectory { folder in
            let found = try configuration(
                [
                    "HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "internal", "HTTP_PROXY": "http://not-this:1",
                    "AWS_CA_BUNDLE": "\(folder)/ca.pem",
                ], in: folder)
            #expect(found.transportOptions.secureProxy == "http://proxy:3128")
            #expect(found.transportOptions.plainProxy == "")
            #expect(found.transportOptions.proxyExceptions == "internal")
            #expect(found.transportOptions.certificateFile == "\(folder)/ca.pem")
        }
    }
}

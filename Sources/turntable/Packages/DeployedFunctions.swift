import AWSClient
import Clocks
import FileSystem
import Packaging

/// What AWS says of deployed functions, as far as the environment has credentials for it.
struct DeployedFunctions: DeployedCode {
    private let client: LambdaClient

    /// - Throws: ``AWSError`` of kind `.configuration`, such as for a region that is not named.
    init() throws {
        var environment = ProcessVariables.all()
        // A machine that packages has its credentials in the environment or in files; asking for an instance's would take
        // seconds wherever there is none.
        if environment["AWS_EC2_METADATA_DISABLED"] == nil { environment["AWS_EC2_METADATA_DISABLED"] = "true" }
        client = try AWSClients(environment: environment, clock: SystemClock(), entropy: SystemEntropy()).lambda
    }

    func codeSHA256(ofFunction function: String) async throws -> String {
        do {
            return try await client.codeSHA256(ofFunction: function)
        } catch let error as AWSError where error.kind == .credentials {
            throw CommandError("no AWS credentials: \(error)")
        }
    }

    static func compare(_ codeSHA256: String, function: String) async -> DeployedComparison {
        do {
            return await DeployedComparison(codeSHA256, function: function, with: try DeployedFunctions())
        } catch {
            return .notCompared(reason: "\(error)")
        }
    }
}

extension DeployedComparison {
    var text: String {
        switch self {
        case .same: "deployed: the same"
        case .different(let other): "deployed: DIFFERENT, CodeSha256 \(other)"
        case .notCompared(let reason): "deployed: not compared: \(reason)"
        }
    }

    var name: String {
        switch self {
        case .same: "same"
        case .different: "different"
        case .notCompared: "not_compared"
        }
    }
}

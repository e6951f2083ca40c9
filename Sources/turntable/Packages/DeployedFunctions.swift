import Glibc
import Packaging

/// Who can be asked for the digests of deployed functions, as far as the environment has credentials for it.
enum DeployedFunctions {
    /// What a comparison with AWS came to.
    ///
    /// This is the place for a client of Lambda's `GetFunctionConfiguration`; until there is one, nothing is compared, and
    /// the reason says how to do it by hand.
    static func compare(_ codeSHA256: String, function: String, asking deployed: (any DeployedCode)? = nil) async
        -> DeployedComparison
    {
        if let deployed { return await DeployedComparison(codeSHA256, function: function, with: deployed) }
        guard hasCredentials else {
            return .notCompared(reason: "no AWS credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)")
        }
        return .notCompared(
            reason:
                "AWS is not asked yet; compare with 'aws lambda get-function-configuration --function-name \(function) "
                + "--query CodeSha256'")
    }

    private static var hasCredentials: Bool {
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].allSatisfy { name in
            guard let value = unsafe getenv(name) else { return false }
            return unsafe value.pointee != 0
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

/// The account that a local run pretends to be in: the values of the pseudo parameters, and the ARNs made of them.
package struct AccountContext: Sendable, Hashable {
    package var region: String
    /// Twelve digits.
    package var accountID: String
    package var partition: String
    package var urlSuffix: String
    package var stackName: String

    package init(
        region: String = "us-east-1", accountID: String = "000000000000", partition: String = "aws",
        urlSuffix: String = "amazonaws.com", stackName: String = "turntable"
    ) {
        self.region = region
        self.accountID = accountID
        self.partition = partition
        self.urlSuffix = urlSuffix
        self.stackName = stackName
    }

    package var stackID: String {
        "arn:\(partition):cloudformation:\(region):\(accountID):stack/\(stackName)/00000000-0000-0000-0000-000000000000"
    }

    package func functionARN(_ name: String) -> String { arn("lambda", "function:\(name)") }
    package func stateMachineARN(_ name: String) -> String { arn("states", "stateMachine:\(name)") }
    package func tableARN(_ name: String) -> String { arn("dynamodb", "table/\(name)") }
    package func queueARN(_ name: String) -> String { arn("sqs", name) }
    package func scheduleARN(_ name: String, group: String) -> String { arn("scheduler", "schedule/\(group)/\(name)") }
    /// Buckets have neither region nor account in their ARN.
    package func bucketARN(_ name: String) -> String { "arn:\(partition):s3:::\(name)" }
    package func roleARN(_ name: String) -> String { "arn:\(partition):iam::\(accountID):role/\(name)" }
    package func ruleARN(_ name: String, bus: String) -> String {
        arn("events", bus == "default" ? "rule/\(name)" : "rule/\(bus)/\(name)")
    }

    /// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
    func arn(_ service: String, _ resource: String) -> String {
        "arn:\(partition):\(service):\(region):\(accountID):\(resource)"
    }
}

import JSON
import TestSupport
import Testing

/// The template as it is deployed: translated to plain CloudFormation, its references resolved in an account of zeros.
struct DeployedTemplate {
    struct Permission: Hashable, CustomStringConvertible {
        let action: String
        /// An ARN, in which `*` stands for any text.
        let resource: String

        func allows(_ call: CloudCall) -> Bool {
            action == call.action && matches(Substring(resource), Substring(call.resource))
        }

        private func matches(_ pattern: Substring, _ text: Substring) -> Bool {
            guard let star = pattern.firstIndex(of: "*") else { return pattern == text }
            guard text.hasPrefix(pattern[..<star]) else { return false }
            let rest = pattern[pattern.index(after: star)...]
            var tail = text.dropFirst(pattern.distance(from: pattern.startIndex, to: star))
            while true {
                if matches(rest, tail) { return true }
                if tail.isEmpty { return false }
                tail.removeFirst()
            }
        }

        var description: String { "\(action) on \(resource)" }
    }

    let template: JSONValue

    /// - Parameter parameters: `Name=Value` words; defaults for the others.
    static func translated(_ parameters: String = "") async throws -> DeployedTemplate {
        let result = try await runProcess(
            Repository.python, ["\(Repository.root)/infra/deploy", "--translate", "--parameters", parameters],
            directory: Repository.root)
        #expect(result.status == 0, "\(result.errorOutput)")
        return DeployedTemplate(template: try JSONValue(parsing: result.output))
    }

    func resources(_ type: String) -> [(id: String, properties: JSONValue)] {
        (template["Resources"]?.objectValue ?? [:]).filter { $0.value["Type"]?.stringValue == type }
            .map { ($0.key, $0.value["Properties"] ?? [:]) }
    }

    /// What the role of a function, machine or target may do.
    func permissions(ofRole reference: JSONValue?) throws -> [Permission] {
        let id = try #require(reference?["Fn::GetAtt"]?[0]?.stringValue)
        let role = try #require(template["Resources"]?[id]?["Properties"])
        #expect(role["ManagedPolicyArns"]?.arrayValue?.isEmpty ?? true, "managed policies allow more than is needed")
        var all: [Permission] = []
        for policy in role["Policies"]?.arrayValue ?? [] {
            for statement in list(policy["PolicyDocument"]?["Statement"]) {
                #expect(statement["Effect"] == "Allow")
                for action in list(statement["Action"]) {
                    for resource in list(statement["Resource"]) {
                        all.append(
                            Permission(action: try #require(action.stringValue), resource: try text(resource)))
                    }
                }
            }
        }
        return all
    }

    private func list(_ value: JSONValue?) -> [JSONValue] { value?.arrayValue ?? value.map { [$0] } ?? [] }

    /// A text with its references resolved.
    func text(_ value: JSONValue) throws -> String {
        if let text = value.stringValue { return text }
        if let name = value["Ref"]?.stringValue { return try self.value(of: name) }
        if let id = value["Fn::GetAtt"]?[0]?.stringValue, value["Fn::GetAtt"]?[1] == "Arn" { return try arn(of: id) }
        if let text = value["Fn::Sub"]?.stringValue { return try substituted(text) }
        if let parts = value["Fn::Join"]?[1]?.arrayValue, let separator = value["Fn::Join"]?[0]?.stringValue {
            return try parts.map(text).joined(separator: separator)
        }
        Issue.record("not known to this test: \(value.text())")
        return ""
    }

    private func value(of name: String) throws -> String {
        let pseudo = [
            "AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "000000000000",
            "AWS::StackName": "turntable",
        ]
        if let value = pseudo[name] { return value }
        if let parameter = template["Parameters"]?[name] {
            let value = try #require(parameter["Default"])
            return value.stringValue ?? value.text()
        }
        return try arn(of: name)
    }

    private func substituted(_ text: String) throws -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "$"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let name = String(rest[rest.index(open, offsetBy: 2)..<close])
            result += try name.hasSuffix(".Arn") ? arn(of: String(name.dropLast(4))) : value(of: name)
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private func arn(of id: String) throws -> String {
        let resource = try #require(template["Resources"]?[id], "no resource \(id)")
        func name(_ property: String) throws -> String {
            try text(try #require(resource["Properties"]?[property]))
        }
        let account = CallRecord.account
        switch resource["Type"]?.stringValue {
        case "AWS::S3::Bucket": return "arn:aws:s3:::\(try name("BucketName"))"
        case "AWS::DynamoDB::Table": return "arn:aws:dynamodb:\(account):table/\(try name("TableName"))"
        case "AWS::Lambda::Function": return "arn:aws:lambda:\(account):function:\(try name("FunctionName"))"
        case "AWS::Logs::LogGroup": return "arn:aws:logs:\(account):log-group:\(try name("LogGroupName")):*"
        case "AWS::SQS::Queue": return "arn:aws:sqs:\(account):\(try name("QueueName"))"
        case "AWS::StepFunctions::StateMachine":
            return "arn:aws:states:\(account):stateMachine:\(try name("StateMachineName"))"
        default:
            Issue.record("no ARN is known of \(id)")
            return ""
        }
    }
}

import JSON
import Template
import Testing

/// The value that a function gives, read through an environment variable of a function.
private func value(of expression: String, _ sections: String = "", _ options: TemplateOptions = TemplateOptions())
    -> (value: String?, findings: [String])
{
    let application = readTemplate(
        """
        Transform: AWS::Serverless-2016-10-31
        \(sections)
        Resources:
          Data:
            Type: AWS::S3::Bucket
            Properties: {BucketName: data.bucket}
          Plain: {Type: AWS::S3::Bucket}
          Items:
            Type: AWS::Serverless::SimpleTable
          Machine:
            Type: AWS::Serverless::StateMachine
            Properties: {Name: machine, Definition: {StartAt: A}}
          Dead: {Type: AWS::SQS::Queue}
          Fn:
            Type: AWS::Serverless::Function
            Properties:
              Runtime: provided.al2023
              CodeUri: fn
              Environment:
                Variables:
                  VALUE: \(expression)
        """, options: options)
    return (application.functions.first?.environment["VALUE"], application.findings.map(\.description))
}

@Suite struct TemplateFunctionTests {
    @Test(
        "functions give what CloudFormation gives, in short and long form",
        arguments: [
            ("text", "text"), ("12", "12"), ("007", "007"), ("true", "true"), ("1.50", "1.50"),
            ("!Ref Data", "data.bucket"), ("{Ref: Data}", "data.bucket"), ("!Ref Plain", "turntable-plain"),
            ("!Ref Items", "turntable-Items"), ("!Ref AWS::Region", "us-east-1"),
            ("!Ref AWS::AccountId", "000000000000"),
            ("!Ref AWS::Partition", "aws"), ("!Ref AWS::StackName", "turntable"),
            ("!Ref AWS::URLSuffix", "amazonaws.com"),
            ("!Ref Machine", "arn:aws:states:us-east-1:000000000000:stateMachine:machine"),
            ("!GetAtt Machine.Name", "machine"),
            ("!GetAtt Machine.Arn", "arn:aws:states:us-east-1:000000000000:stateMachine:machine"),
            ("!GetAtt Data.Arn", "arn:aws:s3:::data.bucket"), ("!GetAtt [Data, Arn]", "arn:aws:s3:::data.bucket"),
            ("{'Fn::GetAtt': [Data, DomainName]}", "data.bucket.s3.amazonaws.com"),
            ("!GetAtt Items.Arn", "arn:aws:dynamodb:us-east-1:000000000000:table/turntable-Items"),
            ("!GetAtt Dead.Arn", "arn:aws:sqs:us-east-1:000000000000:turntable-Dead"),
            ("!Ref Dead", "https://sqs.us-east-1.amazonaws.com/000000000000/turntable-Dead"),
            ("!Ref FnRole", "turntable-FnRole"),
            ("!GetAtt FnRole.Arn", "arn:aws:iam::000000000000:role/turntable-FnRole"),
            ("!Sub plain", "plain"), ("!Sub '${Data}/x'", "data.bucket/x"),
            ("!Sub '${Data.Arn}/*'", "arn:aws:s3:::data.bucket/*"),
            ("!Sub 'a ${!Literal} $ $x ${AWS::Region}'", "a ${Literal} $ $x us-east-1"),
            ("!Sub '${ Data }'", "data.bucket"),
            ("!Sub ['${A}-${Data}', {A: !Ref AWS::Region}]", "us-east-1-data.bucket"),
            ("!Sub ['${Data}', {Data: own}]", "own"), ("{'Fn::Sub': 'x${Data}'}", "xdata.bucket"),
            ("!Join ['-', [a, !Ref Data, 3]]", "a-data.bucket-3"), ("!Join ['', []]", ""),
            ("!Join [',', [a, !Ref AWS::NoValue, b]]", "a,b"),
            ("!Select [1, [a, b]]", "b"), ("!Select ['0', !Split [',', 'x,y']]", "x"),
            ("!Select [5, !Split [':', !GetAtt Data.Arn]]", "data.bucket"),
        ])
    func values(expression: String, expected: String) {
        let result = value(of: expression)
        #expect(result.findings == [])
        #expect(result.value == expected)
    }

    @Test("AWS::NoValue is as if nothing had been written")
    func noValue() {
        let result = value(of: "!Ref AWS::NoValue")
        #expect(result.findings == [])
        #expect(result.value == nil)
    }

    @Test("conditions decide, and FindInMap looks up")
    func conditions() {
        let sections = """
            Parameters: {Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}}
            Mappings: {Sizes: {dev: {size: 1}, prod: {size: 2}}}
            Conditions:
              IsProd: !Equals [!Ref Stage, prod]
              IsDev: !Not [!Condition IsProd]
              Either: !Or [{Condition: IsProd}, !Equals [a, a]]
              Both: !And [!Condition IsProd, !Condition Either]
            """
        let expressions = [
            "!If [IsProd, p, d]", "!If [IsDev, p, d]", "!If [Either, p, d]", "!If [Both, p, d]",
            "!FindInMap [Sizes, !Ref Stage, size]",
        ]
        #expect(expressions.map { value(of: $0, sections).value } == ["d", "p", "p", "d", "1"])
        let prod = TemplateOptions(parameters: ["Stage": "prod"])
        #expect(expressions.map { value(of: $0, sections, prod).value } == ["p", "d", "p", "p", "2"])
        #expect(expressions.flatMap { value(of: $0, sections).findings } == [])
    }

    @Test("a parameter of a list type is a list")
    func lists() {
        let sections = "Parameters: {Names: {Type: CommaDelimitedList, Default: 'a, b,,c'}}"
        #expect(value(of: "!Join ['|', !Ref Names]", sections).value == "a|b||c")
        #expect(value(of: "!Select [1, !Ref Names]", sections).value == "b")
    }

    @Test(
        "what can't be carried out is one finding with its line",
        arguments: [
            ("!Ref Nothing", "app/template.yaml:21:18: error: the template has no parameter and no resource Nothing"),
            (
                "!Ref Dta",
                "app/template.yaml:21:18: error: the template has no parameter and no resource Dta; did you mean Data?"
            ),
            (
                "!Sub '${Nothing}'",
                "app/template.yaml:21:18: error: the template has no parameter and no resource Nothing"
            ),
            (
                "!Sub '${Data.Size}'",
                "app/template.yaml:21:18: error: Data (AWS::S3::Bucket) has no attribute \"Size\" in a local run; there are Arn, DomainName, DualStackDomainName, RegionalDomainName, WebsiteURL"
            ),
            (
                "!Sub '${Data'",
                "app/template.yaml:21:18: error: Fn::Sub takes a text in which each ${ is closed, or a list of such a text and a mapping"
            ),
            (
                "!GetAtt Data",
                "app/template.yaml:21:18: error: Fn::GetAtt takes a logical id and an attribute, such as Bucket.Arn"
            ),
            (
                "!ImportValue x",
                "app/template.yaml:21:18: error: Fn::ImportValue can't be carried out locally; there are Ref, Fn::GetAtt, Fn::Sub, Fn::Join, Fn::Select, Fn::Split, Fn::If and Fn::FindInMap"
            ),
            (
                "!Equals [a, a]",
                "app/template.yaml:21:18: error: Fn::Equals has its place under Conditions; here use Fn::If"
            ),
            ("!If [Nope, a, b]", "app/template.yaml:21:23: error: there is no condition Nope"),
            (
                "!Select [2, [a, b]]",
                "app/template.yaml:21:18: error: Fn::Select takes an index from 0 and a list that long"
            ),
            ("!FindInMap [A, b, c]", "app/template.yaml:21:18: error: Mappings has no A / b / c"),
            ("!Join [a]", "app/template.yaml:21:18: error: Fn::Join takes a delimiter and a list of texts"),
            ("[a]", "app/template.yaml:21:18: error: VALUE is a text; this is a list"),
        ])
    func refused(expression: String, finding: String) {
        let result = value(of: expression)
        #expect(result.findings == [finding])
        // A condition that is not there counts as true, so its value goes on.
        #expect(result.value == (expression.hasPrefix("!If") ? "a" : nil))
    }

    @Test("references can't be made to grow without end")
    func growth() {
        var resources = ""
        for level in 0..<40 {
            let name = level == 0 ? "aaaaaaaaaaaaaaaa" : "!Sub '${T\(level - 1)}${T\(level - 1)}'"
            resources +=
                "  T\(level): {Type: AWS::Events::Rule, Properties: {Name: \(name), ScheduleExpression: rate(1 day)}}\n"
        }
        let application = readResources(resources)
        #expect(!application.canRun)
        #expect(application.findings.contains { $0.message.contains("gives more than 1048576 bytes") })
    }
}

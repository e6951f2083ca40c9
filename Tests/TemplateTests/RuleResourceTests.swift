import JSON
import Template
import Testing

@Suite struct RuleResourceTests {
    private let functions = """
          Fn:
            Type: AWS::Serverless::Function
            Properties: {FunctionName: fn, Runtime: provided.al2023, CodeUri: x}

        """

    @Test("a rule's pattern keeps the places of its parts")
    func pattern() throws {
        let application = readResources(
            functions + """
                  R:
                    Type: AWS::Events::Rule
                    Properties:
                      EventPattern:
                        source:
                          - aws.s3
                          - x
                        detail: {n: [1, true, null, "2"]}
                      Targets:
                        - Id: one
                          Arn: !GetAtt Fn.Arn
                          RetryPolicy: {MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60}
                          InputTransformer:
                            InputPathsMap: {k: $.detail.key}
                            InputTemplate: '{"k": <k>}'
                        - {Id: two, Arn: "arn:aws:lambda:us-east-1:000000000000:function:gone"}
                        - {Id: three, Arn: "arn:aws:kinesis:us-east-1:000000000000:stream/s"}
                """)
        let rule = try #require(application.rules.first)
        #expect(rule.pattern == ["source": ["aws.s3", "x"], "detail": ["n": [1, true, nil, "2"]]])
        #expect(rule.position(ofPattern: ["source", "1"]).line == 12)
        #expect(rule.position(ofPattern: ["detail", "n", "9", "prefix"]).line == 13)
        #expect(rule.position(ofPattern: []).line == 10)
        #expect(rule.targets.map(\.id) == ["one", "two"])
        #expect(
            rule.targets.first?.retryPolicy
                == Application.RetryPolicy(maximumRetryAttempts: 2, maximumEventAgeSeconds: 60))
        #expect(rule.targets.first?.input == .transformer(paths: ["k": "$.detail.key"], template: #"{"k": <k>}"#))
        #expect(application.findings.map(\.code) == [.unknownFunction, .unknownTarget])
        #expect(application.findings.map(\.severity) == [.error, .warning])
        #expect(application.findings.map(\.position.line) == [21, 22])
    }

    @Test("a rule with a schedule and a schedule of the scheduler")
    func schedules() throws {
        let application = readResources(
            functions + """
                  R:
                    Type: AWS::Events::Rule
                    Properties:
                      ScheduleExpression: rate(1 hour)
                      State: DISABLED
                      Targets: [{Id: a, Arn: !GetAtt Fn.Arn}]
                  S:
                    Type: AWS::Scheduler::Schedule
                    Properties:
                      Name: once
                      GroupName: night
                      ScheduleExpression: at(2024-06-25T10:00:00)
                      StartDate: "2024-06-01T00:00:00Z"
                      FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: 5}
                      Target: {Arn: !GetAtt Fn.Arn, RoleArn: x, Input: "{}"}
                """)
        #expect(application.findings.map(\.code) == [.unsupportedProperty])
        #expect(application.canRun)
        #expect(application.schedules.map(\.name) == ["turntable-R", "once"])
        #expect(application.schedules.map(\.isEnabled) == [false, true])
        #expect(application.schedules.map(\.origin) == [.rule, .scheduler])
        #expect(application.schedules.last?.arn == "arn:aws:scheduler:us-east-1:000000000000:schedule/night/once")
        #expect(application.schedules.last?.startDate == "2024-06-01T00:00:00Z")
        #expect(application.schedules.last?.targets.first?.input == .constant("{}"))
    }

    @Test("input that is no JSON, and two kinds of input, are refused")
    func input() {
        let application = readResources(
            functions + """
                  R:
                    Type: AWS::Events::Rule
                    Properties:
                      EventPattern: {source: [x]}
                      Targets:
                        - {Id: a, Arn: !GetAtt Fn.Arn, Input: "{", InputPath: $.x}
                """)
        #expect(application.findings.map(\.code) == [.invalidValue, .invalidValue])
        #expect(application.findings.allSatisfy { $0.position.line == 11 })
    }
}

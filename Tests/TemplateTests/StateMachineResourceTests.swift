import JSON
import Template
import Testing

private let functionTemplate = """
      Fn:
        Type: AWS::Serverless::Function
        Properties: {FunctionName: fn, Runtime: provided.al2023, CodeUri: x}

    """

private func machine(_ properties: String, files: [String: String] = [:]) -> Application {
    readResources(
        functionTemplate + "  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n" + properties, files: files
    )
}

@Suite struct StateMachineResourceTests {
    @Test("substitution keeps lines, escapes within strings, and leaves the rest")
    func substitution() throws {
        let application = machine(
            """
                  Name: m
                  Type: EXPRESS
                  DefinitionUri: ./asl/m.json
                  DefinitionSubstitutions: {FnArn: !GetAtt Fn.Arn, Quote: "a\\"b\\n\\\\c", Number: 5, Lines: "[1,\\n2]"}
            """,
            files: [
                "app/asl/m.json": """
                {"StartAt": "A",
                 "x": "${Quote} ${FnArn}", "n": ${Number},
                 "list": ${Lines},
                 "none": "${Missing}", "dollar": "$ {x} $.y",
                 "last": true}
                """
            ])
        let definition = try #require(application.stateMachines.first?.definition)
        let json = try JSONValue(parsing: definition.json)
        #expect(json["x"] == .string("a\"b\n\\c arn:aws:lambda:us-east-1:000000000000:function:fn"))
        #expect(json["n"] == 5)
        #expect(json["list"] == [1, 2])
        #expect(json["none"] == "${Missing}")
        #expect(json["dollar"] == "$ {x} $.y")
        #expect(try JSONDocument(parsing: definition.json).position(at: ["last"]).line == 5)
        #expect(definition.file == "app/asl/m.json")
        #expect(application.stateMachines.first?.kind == .express)
        #expect(
            application.findings.map(\.description) == [
                "app/asl/m.json:4:11: warning: ${Missing} has no value among the DefinitionSubstitutions and stays as it is"
            ])
    }

    @Test(
        "functions that a definition calls must be there",
        arguments: [
            (#""Resource": "arn:aws:lambda:us-east-1:000000000000:function:fn""#, true),
            (#""Resource": "arn:aws:lambda:us-east-1:000000000000:function:fn:$LATEST""#, true),
            (#""Resource": "arn:aws:lambda:us-east-1:000000000000:function:gone""#, false),
            (#""Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "fn"}"#, true),
            (#""Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "gone"}"#, false),
            (
                #""Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "gone:1"}"#,
                false
            ),
            (#""Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName.$": "$.f"}"#, true),
            (#""Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "{% $f %}"}"#, true),
            (#""Resource": "arn:aws:states:::dynamodb:getItem""#, true),
        ])
    func functionCalls(task: String, isKnown: Bool) {
        let application = machine(
            "      DefinitionUri: m.json",
            files: [
                "app/m.json": """
                {"StartAt": "P", "States": {
                  "P": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "T", "States": {
                    "T": {"Type": "Task", "End": true,
                      \(task)}}}]}}}
                """
            ])
        #expect(application.findings.map(\.code) == (isKnown ? [] : [.unknownFunction]))
        #expect(application.findings.allSatisfy { $0.position.file == "app/m.json" && $0.position.line == 4 })
    }

    @Test("a definition in the template's YAML has its lines")
    func inlineDefinition() throws {
        let application = machine(
            """
                  Definition:
                    Comment: text
                    StartAt: A

                    # The one state.
                    States:
                      A:
                        Type: Task
                        Resource: !Sub "arn:aws:lambda:us-east-1:000000000000:function:${Name}"
                        End: true
                        List: [1,
                          "two"]
                  DefinitionSubstitutions: {Name: fn}
            """)
        // `Fn::Sub` would take ${Name} for a reference.
        #expect(application.findings.map(\.code) == [.unknownReference])

        let fine = machine(
            """
                  Definition:
                    Comment: text
                    StartAt: A

                    # The one state.
                    States:
                      A:
                        Type: Task
                        Resource: !GetAtt Fn.Arn
                        End: true
                        List: [1,
                          "two"]
                        Gone: ${Name}
            """)
        let definition = try #require(fine.stateMachines.first?.definition)
        let document = try JSONDocument(parsing: definition.json)
        #expect(definition.file == "app/template.yaml")
        #expect(definition.lineOffset == 0)
        #expect(document.position(at: ["Comment"]).line == 10)
        #expect(document.position(at: ["States", "A", "Resource"]).line == 17)
        #expect(document.position(at: ["States", "A", "List", "1"]).line == 20)
        #expect(document.value["States"]?["A"]?["List"] == [1, "two"])
        #expect(document.value["States"]?["A"]?["End"] == true)
        #expect(fine.findings.map(\.code) == [.unknownSubstitution])
        #expect(fine.findings.map(\.position.line) == [21])
    }

    @Test("a definition in a YAML file has that file's lines")
    func yamlFile() throws {
        let application = machine(
            "      DefinitionUri: m.asl.yaml\n",
            files: ["app/m.asl.yaml": "StartAt: A\nStates:\n  A:\n    Type: Wait\n    Seconds: 1.50\n    End: true\n"])
        #expect(application.findings == [])
        let definition = try #require(application.stateMachines.first?.definition)
        #expect(
            String(decoding: definition.json, as: UTF8.self)
                == "{\"StartAt\":\"A\",\n\"States\":\n{\"A\":\n{\"Type\":\"Wait\",\n\"Seconds\":1.50,\n\"End\":true}}}")
        let broken = machine("      DefinitionUri: m.yml\n", files: ["app/m.yml": "A: [\n"])
        #expect(broken.findings.map(\.code) == [.invalidYAML])
        #expect(broken.findings.first?.position.file == "app/m.yml")
    }

    @Test(
        "a definition as a text of the template knows where it stands",
        arguments: [
            ("|\n        {\"StartAt\":\n          \"A\"}", 10, 2),
            ("!Sub |\n        {\"StartAt\": \"${Fn}\",\n          \"B\": 1}", 10, 2),
            ("!Sub\n        - |\n          {\"StartAt\":\n            \"${X}\"}\n        - {X: y}", 11, 2),
            ("'{\"StartAt\": \"A\"}'", 9, 1),
        ])
    func definitionString(text: String, firstLine: Int, lines: Int) throws {
        let application = readResources(
            functionTemplate + """
                  M:
                    Type: AWS::StepFunctions::StateMachine
                    Properties:
                      DefinitionString: \(text)
                      RoleArn: arn:aws:iam::000000000000:role/r
                """)
        #expect(application.findings == [])
        let machine = try #require(application.stateMachines.first)
        #expect(machine.definition.lineOffset + 1 == firstLine)
        #expect(try JSONValue(parsing: machine.definition.json)["StartAt"] != nil)
        #expect(machine.roleARN == "arn:aws:iam::000000000000:role/r")
        #expect(machine.definition.json.split(separator: UInt8(ascii: "\n")).count == lines)
    }

    @Test("its events start it")
    func events() throws {
        let application = machine(
            """
                  Definition: {StartAt: A}
                  Events:
                    Rule:
                      Type: EventBridgeRule
                      Properties:
                        Pattern: {source: [x]}
                        DeadLetterConfig: {Type: SQS}
                    Daily: {Type: Schedule, Properties: {Schedule: rate(1 day), Name: daily}}
                    Web: {Type: Api, Properties: {Path: /, Method: get}}
            """)
        #expect(application.findings.map(\.code) == [.unsupportedProperty])
        #expect(application.findings.map(\.severity) == [.warning])
        let arn = try #require(application.stateMachines.first?.arn)
        #expect(arn == "arn:aws:states:us-east-1:000000000000:stateMachine:turntable-M")
        #expect(application.rules.first?.targets.map(\.kind) == [.stateMachine(arn)])
        #expect(application.schedules.first?.targets.map(\.kind) == [.stateMachine(arn)])
        #expect(application.queues.map(\.logicalID) == ["MRuleQueue"])
        #expect(application.rules.first?.targets.first?.deadLetterARN == application.queues.first?.arn)
        #expect(application.stateMachine(arn: arn)?.roleARN == "arn:aws:iam::000000000000:role/turntable-MRole")
    }
}

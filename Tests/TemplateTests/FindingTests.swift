import Template
import Testing

/// Each finding as `LINE severity code`, to compare many at once.
private func summary(_ application: Application) -> [String] {
    application.findings.map { "\($0.position.line) \($0.severity.rawValue) \($0.code.rawValue)" }
}

private let function = "{Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023, CodeUri: fn}}"

@Suite struct FindingTests {
    @Test("all findings come in one go, by place")
    func allAtOnce() {
        let application = readTemplate(
            """
            Transform: AWS::Serverless-2016-10-31
            Resorces: {}
            Parameters:
              Size: {Type: Number, Default: 5000000, MaxValue: 10240}
              Given: {Type: String}
            Resources:
              Old:
                Type: AWS::Serverless::Function
                Properties:
                  Runtime: python3.12
                  CodeUri: old
                  Timout: 3
              Big:
                Type: AWS::Serverless::Function
                Properties:
                  Runtime: provided.al2023
                  CodeUri: s3://bucket/code.zip
                  MemorySize: !Ref Size
              Machine:
                Type: AWS::Serverless::StateMachine
                Properties:
                  DefinitionUri: missing.asl.json
                  Events:
                    Nightly: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day), ScheduleExpressionTimezone: Europe/Berlin}}
              Bucket:
                Type: AWS::S3::Bucket
                Properties:
                  BucketName: ../outside
              Topic: {Type: AWS::SNS::Topic}
              Odd: {Type: Bucket}
            """)
        #expect(
            summary(application) == [
                "2 error unknownProperty", "4 error invalidValue", "5 error missingParameter",
                "10 error unsupportedRuntime",
                "12 error unknownProperty", "13 error missingProperty", "17 error unsupportedProperty",
                "18 error invalidValue",
                "22 error missingDefinitionFile", "24 error unsupportedProperty", "25 error invalidValue",
                "29 warning unsupportedResource", "30 error unsupportedResource",
            ])
        #expect(!application.canRun)
        let text = application.findings.map(\.description)
        #expect(
            text.contains("app/template.yaml:12:7: error: a function has no property \"Timout\"; did you mean Timeout?")
        )
        #expect(
            text.contains {
                $0.hasPrefix(
                    "app/template.yaml:22:22: error: the definition app/missing.asl.json could not be read: ENOENT")
            })
        #expect(application.findings.first { $0.code == .unsupportedRuntime }?.logicalID == "Old")
    }

    @Test(
        "a template that can't be read or is no YAML is one finding",
        arguments: [
            ("a: [", 2, 1, Finding.Code.invalidYAML), ("Resources: {A: {Type: x}, A: {Type: x}}", 1, 27, .invalidYAML),
            ("[]", 1, 1, .invalidValue), ("Resources: {}", 1, 12, .missingProperty),
            ("Description: x", 1, 1, .missingProperty),
            ("Resources: 3", 1, 12, .missingProperty),
        ])
    func unusable(text: String, line: Int, column: Int, code: Finding.Code) {
        let findings = readTemplate(text).findings
        #expect(findings.map(\.code) == [code])
        #expect(findings.first?.position == TemplatePosition(file: "app/template.yaml", line: line, column: column))
    }

    @Test("a missing template is a finding, too")
    func missingTemplate() {
        struct Missing: Error {}
        let application = Application.read("none.yaml") { _ in throw Missing() }
        #expect(application.findings.map(\.code) == [.unreadableFile])
        #expect(
            application.findings.first?.description.hasPrefix("none.yaml:1:1: error: the template could not be read")
                == true)
    }

    @Test("circles of references are found, each once")
    func cycles() {
        let application = readResources(
            """
              A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref B}}
              B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "x-${C}"}}
              C: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref A}}
              D: {Type: AWS::S3::Bucket, DependsOn: [D]}
              E: {Type: AWS::S3::Bucket, DependsOn: D}
            """)
        #expect(
            application.findings.map(\.description) == [
                "app/template.yaml:5:55: error: circular dependency: A -> B -> C -> A (references in lines 3, 4, 5)",
                "app/template.yaml:6:42: error: circular dependency: D -> D (references in lines 6)",
            ])
    }

    @Test("a function and a state machine that know each other are a circle")
    func functionCycle() {
        let application = readResources(
            """
              Fn:
                Type: AWS::Serverless::Function
                Properties: {Runtime: provided.al2023, CodeUri: fn, Environment: {Variables: {MACHINE: !Ref Machine}}}
              Machine:
                Type: AWS::Serverless::StateMachine
                Properties: {Definition: {StartAt: A}, DefinitionSubstitutions: {Fn: !GetAtt Fn.Arn}}
            """)
        #expect(application.findings.map(\.code) == [.circularDependency])
        #expect(
            application.findings.first?.message == "circular dependency: Fn -> Machine -> Fn (references in lines 5, 8)"
        )
    }

    @Test("an S3 event makes the bucket wait for the function, as SAM has it")
    func bucketEvent() {
        func template(_ environment: String) -> String {
            """
              Data: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
              Fn:
                Type: AWS::Serverless::Function
                Properties:
                  Runtime: provided.al2023
                  CodeUri: fn
                  Environment: {Variables: {BUCKET: \(environment)}}
                  Events:
                    New: {Type: S3, Properties: {Bucket: !Ref Data, Events: s3:ObjectCreated:*}}
            """
        }
        #expect(readResources(template("data")).findings == [])
        #expect(summary(readResources(template("!Ref Data"))) == ["9 error circularDependency"])
    }

    @Test("a condition that refers to itself")
    func conditionCycle() {
        let application = readTemplate(
            "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\nResources:\n  X: {Type: AWS::S3::Bucket, Condition: A}\n"
        )
        #expect(application.findings.map(\.code) == [.circularDependency])
    }

    @Test("a resource whose condition is false is not there")
    func conditionalResource() {
        let application = readTemplate(
            """
            Conditions: {Never: !Equals [a, b]}
            Resources:
              Gone: {Type: AWS::S3::Bucket, Condition: Never}
              Kept: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Gone}}
              Fine: {Type: AWS::S3::Bucket, Properties: {BucketName: !If [Never, !Ref Gone, fine]}}
            Outputs:
              Name: {Condition: Never, Value: !Ref Gone}
            """)
        #expect(application.buckets.map(\.name) == ["fine"])
        #expect(
            application.findings.map(\.description) == [
                "app/template.yaml:4:58: error: Gone is referred to, but is not created, since its condition Never is false"
            ])
    }

    @Test("references are checked where a local run does not look, too")
    func referencesEverywhere() {
        let application = readTemplate(
            """
            Transform: AWS::Serverless-2016-10-31
            Globals:
              Function: {Environment: {Variables: {A1: !Ref InGlobals}}}
            Resources:
              Role: {Type: AWS::IAM::Role, Properties: {RoleName: !ImportValue x, Path: !GetAtt InRole.Arn}}
              Fn:
                Type: AWS::Serverless::Function
                DependsOn: InDependsOn
                Properties: {Runtime: provided.al2023, CodeUri: f, Policies: [{S3ReadPolicy: {BucketName: !Ref InPolicy}}]}
            Outputs:
              O: {Value: !Sub "${InOutput}"}
            """)
        #expect(
            summary(application) == [3, 5, 8, 9, 11].map { "\($0) error unknownReference" })
    }

    @Test(
        "parameters: unknown, missing, wrong",
        arguments: [
            (["Nope": "1"], "error unknownParameter"), (["Stage": "test"], "error invalidValue"),
            (["Count": "many"], "error invalidValue"), (["Count": "0"], "error invalidValue"),
            (["Short": ""], "error invalidValue"),
            (["Secret": "x"], ""),
        ])
    func parameters(values: [String: String], expected: String) {
        let text = """
            Parameters:
              Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
              Count: {Type: Number, Default: 1, MinValue: 1}
              Short: {Type: String, Default: x, MinLength: 1}
              Secret: {Type: "AWS::SSM::Parameter::Value<String>", Default: /path, NoEcho: true}
            Resources: {A: {Type: AWS::S3::Bucket}}
            """
        var options = TemplateOptions(parameters: ["Secret": "y"])
        options.parameters.merge(values) { $1 }
        let application = readTemplate(text, options: options)
        #expect(application.findings.map { "\($0.severity.rawValue) \($0.code.rawValue)" }.joined() == expected)
        #expect(application.parameters.map(\.name) == ["Stage", "Count", "Short", "Secret"])
        #expect(application.parameters.map(\.isSecret) == [false, false, false, true])
        #expect(application.parameters.last?.isDefault == false)
    }

    @Test("two of a kind with one name")
    func duplicateNames() {
        let application = readResources(
            """
              A: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
              B: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
              C: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: data}}
            """)
        #expect(
            application.findings.map(\.description) == [
                "app/template.yaml:4:3: error: another bucket has the name \"data\", in line 3"
            ])
        #expect(application.findings.map(\.logicalID) == ["B"])
    }

    @Test(
        "bucket names are those of S3, which are safe as names of folders",
        arguments: [
            ("rds.data", true), ("a-1", true), ("ab", false), ("..", false), ("a..b", false), (".ab", false),
            ("a/b", false),
            ("Abc", false), ("a_b", false), ("über", false), (String(repeating: "a", count: 64), false),
        ])
    func bucketNames(name: String, isAllowed: Bool) {
        let application = readResources("  A: {Type: AWS::S3::Bucket, Properties: {BucketName: \"\(name)\"}}")
        #expect(application.buckets.map(\.name) == (isAllowed ? [name] : []))
        #expect(application.findings.map(\.code) == (isAllowed ? [] : [.invalidValue]))
    }

    @Test("serverless resources need SAM's transform, other transforms are refused")
    func transforms() {
        #expect(readTemplate("Resources:\n  A: \(function)\n").findings.map(\.code) == [.missingProperty])
        func found(_ transform: String, _ attributes: String = "") -> [Finding.Code] {
            let text = "Transform: [AWS::Serverless-2016-10-31, \(transform)]\nResources:\n  A: \(function)\n"
            return readTemplate(text + "  B: {Type: AWS::S3::Bucket\(attributes)}\n").findings.map(\.code)
        }
        #expect(found("AWS::Include") == [.unsupportedFunction])
        #expect(found("AWS::LanguageExtensions", ", DeletionPolicy: !Ref AWS::NoValue") == [])
        // What else it brings is refused where it stands.
        #expect(
            found("AWS::LanguageExtensions", ", Properties: {BucketName: !ToJsonString [a]}") == [.unsupportedFunction])
    }

    @Test("more resources than CloudFormation takes")
    func tooMany() {
        let resources = (0...500).map { "  R\($0): {Type: AWS::S3::Bucket}\n" }.joined()
        #expect(readResources(resources).findings.map(\.code) == [.invalidValue])
    }

    @Test(
        "wrong kinds of values are findings wherever they stand",
        arguments: [
            "  A: text", "  A: []", "  A: {Type: [x]}", "  A: {Type: AWS::S3::Bucket, Properties: x}",
            "  A: {Type: AWS::S3::Bucket, Propertis: {}}", "  A-B: {Type: AWS::S3::Bucket}",
            "  A: {Type: AWS::S3::Bucket, Condition: {a: b}}",
            "  A: {Type: AWS::S3::Bucket, Properties: !Ref AWS::NoValue}",
            "  A: {Type: AWS::DynamoDB::Table}", "  A: {Type: AWS::DynamoDB::Table, Properties: {KeySchema: x}}",
            "  A: {Type: AWS::DynamoDB::Table, Properties: {KeySchema: [{AttributeName: a, KeyType: HASH}]}}",
            "  A: {Type: AWS::Serverless::Function, Properties: {Runtime: [x], CodeUri: x}}",
            "  A: {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023}}",
            "  A: {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023, CodeUri: x, Environment: [x]}}",
            "  A: {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023, CodeUri: x, Timeout: 901}}",
            "  A: {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023, CodeUri: x, Timeout: 1.5}}",
            "  A: {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023, CodeUri: x, Events: [x]}}",
            "  A: {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023, CodeUri: x, Events: {E: {Type: Bell}}}}",
            "  A: {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023, PackageType: Image, ImageUri: x}}",
            "  A: {Type: AWS::Serverless::StateMachine, Properties: {Type: FAST, Definition: {}}}",
            "  A: {Type: AWS::Serverless::StateMachine, Properties: {}}",
            "  A: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: s3://b/k}}",
            "  A: {Type: AWS::Events::Rule, Properties: {}}",
            "  A: {Type: AWS::Events::Rule, Properties: {EventPattern: [x]}}",
            "  A: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [x]}, State: OFF}}",
            "  A: {Type: AWS::Scheduler::Schedule, Properties: {ScheduleExpression: rate(1 day)}}",
            "  A: {Type: AWS::Lambda::Function, Properties: {}}",
        ])
    func wrongKinds(resource: String) {
        let findings = readResources(resource).findings
        #expect(!findings.isEmpty)
        #expect(findings.allSatisfy { $0.severity == .error && $0.position.line == 3 })
    }

    @Test("nothing said in a template makes the reader stop")
    func mutations() {
        let text = """
            Transform: AWS::Serverless-2016-10-31
            Parameters: {P: {Type: String, Default: x}}
            Conditions: {C: !Equals [!Ref P, x]}
            Resources:
              B: {Type: AWS::S3::Bucket, Condition: C, Properties: {BucketName: !Sub "a${P}"}}
              F:
                Type: AWS::Serverless::Function
                Properties:
                  Runtime: provided.al2023
                  CodeUri: x
                  Events: {E: {Type: S3, Properties: {Bucket: !Ref B, Events: s3:ObjectCreated:*}}}
              M: {Type: AWS::Serverless::StateMachine, Properties: {Definition: {A: !GetAtt F.Arn}}}
            """
        let bytes = Array(text.utf8)
        var errors = 0
        for index in bytes.indices {
            for replacement in Array("[]{}:!,x".utf8) {
                var changed = bytes
                changed[index] = replacement
                let application = Application.read("t.yaml") { _ in changed }
                errors += application.canRun ? 0 : 1
            }
        }
        #expect(errors > 500)
    }
}

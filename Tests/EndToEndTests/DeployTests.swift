import Digest
import FileSystem
import JSON
import TestSupport
import Testing

/// `make deploy` without an account, and against moto's servers as far as they go.
@Suite("Deploying", .timeLimit(.minutes(10)))
struct DeployTests {
    /// Runs Python in an environment in which no account is found but the one that a test gives.
    private static func python(_ arguments: [String], _ environment: [String: String]) async throws -> FinishedProcess {
        let unset = ["ENDPOINT_URL", "REGION", "DEFAULT_REGION", "PROFILE", "ACCESS_KEY_ID", "SESSION_TOKEN"]
        let isolated = [
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
        // Variables that are given stand behind those that are taken away.
        let given = environment.merging(isolated) { $1 }.map { "\($0.key)=\($0.value)" }
        return try await runProcess(
            "env", unset.flatMap { ["-u", "AWS_\($0)"] } + given + [Repository.python] + arguments,
            directory: Repository.root)
    }

    private static func deploy(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) async throws -> FinishedProcess {
        try await python(["infra/deploy"] + arguments, environment)
    }

    /// Runs `body` with a folder of packages, which hold next to nothing: nothing of what deploys them looks inside.
    private static func withPackages(_ body: (String) async throws -> Void) async throws {
        try await withTemporaryDirectory { folder in
            let made = try await runProcess(
                Repository.python,
                [
                    "-c",
                    "import sys, zipfile\nfor name in sys.argv[2:]:\n"
                        + "    zipfile.ZipFile(f'{sys.argv[1]}/{name}.zip', 'w').writestr('bootstrap', name)",
                    folder, "validate-file", "etl", "write-kpis", "archive", "split-file",
                ])
            #expect(made.status == 0, "\(made.errorOutput)")
            try await body(folder)
        }
    }

    @Test("a dry run without an account shows packages, parameters and resources, and says that it asked none")
    func withoutAccount() async throws {
        try await Self.withPackages { folder in
            let shown = try await Self.deploy(
                ["--dry-run", "--packages", folder, "--parameters", "EtlMemorySize=1024"])
            #expect(shown.status == 0, "\(shown.errorOutput)")
            for part in [
                "\(folder)/etl.zip", "CodeSha256 ", "EtlMemorySize          1024\n", "would create 55 resources",
                "AWS::Lambda::Function              ArchiveFunction, EtlFunction,",
                "No account was asked (no region is set)",
            ] {
                #expect(shown.output.contains(part), "\(part) in \(shown.output)")
            }
        }
    }

    @Test(
        "what is wrong is told with the next step, before anything is done",
        arguments: [
            (["--parameters", "Stage"], "is no Name=Value", "write PARAMETERS="),
            (["--parameters", "Stge=production"], "no parameter Stge", "choose among Stage, NamePrefix"),
            (["--parameters", "Stage=prod"], "Stage can't be 'prod'", "set another one"),
            (["--parameters", "EtlMemorySize=64"], "128 to 10240 MB", "set another one"),
            (["--parameters", "RawBucketName=A_b"], "3 to 63 small letters", "set another one"),
            (["--stack", "a b"], "no name of a stack", "set STACK"),
            (["--packages", "/nonexistent"], "/nonexistent/validate-file.zip", "run make package"),
            ([], "no region is set", "set AWS_REGION"),
        ])
    func mistakes(arguments: [String], what: String, next: String) async throws {
        try await Self.withPackages { folder in
            let refused = try await Self.deploy(["--packages", folder] + arguments)
            #expect(refused.status == 1 && refused.output.isEmpty)
            #expect(refused.errorOutput.contains(what) && refused.errorOutput.contains("\n  next: \(next)"))
        }
    }

    @Test("creates the stack in moto; its functions have the packages, its state machine runs in moto's interpreter")
    func moto() async throws {
        let peer = try await runProcess(Repository.python, ["-c", "import moto.server"])
        guard peer.status == 0 else { return print("NOT RUN: \(Repository.python) has no moto[server]") }
        try await Self.withPackages { folder in
            // Its interpreter calls functions on the port that it was told: 0 would not do.
            let start =
                "import socket, moto.server\nwith socket.socket() as free:\n    free.bind(('127.0.0.1', 0))\n"
                + "    port = free.getsockname()[1]\nmoto.server.main(['-H', '127.0.0.1', '-p', str(port)])"
            let server = try LivingProcess(Repository.python, ["-c", start])
            defer { server.signal(9) }
            let port = try await eventually("moto's port", timeout: .seconds(60)) {
                server.errorOutput.firstMatch(of: /http:\/\/127.0.0.1:([0-9]+)/)?.1
            }
            let account = [
                "AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)", "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
            ]
            let arguments = ["--packages", folder, "--artifact-bucket", "artifacts"]
            let refused = try await Self.deploy(["--packages", folder], account)
            #expect(refused.errorOutput.contains("ARTIFACT_BUCKET is not set"))
            let alone = try await Self.deploy(["--packages", folder, "--dry-run"], account)
            #expect(alone.status == 0 && alone.output.contains("No account was asked (ARTIFACT_BUCKET is not set)"))
            let missing = try await Self.deploy(arguments, account)
            #expect(missing.errorOutput.contains("next: make it with 'aws s3 mb s3://artifacts --region us-east-1'"))

            func check(_ script: String) async throws {
                let run = try await Self.python(["-c", Self.preamble + script], account)
                #expect(run.status == 0, "\(run.errorOutput)")
            }
            try await check(Self.prepare)
            let shown = try await Self.deploy(arguments + ["--dry-run"], account)
            #expect(shown.status == 0, "\(shown.errorOutput)")
            #expect(shown.output.contains("new stack turntable\nchanges: 55 add\n"))
            #expect(shown.output.contains("  add     AWS::S3::Bucket                    RawBucket\n"))
            try await check(Self.nothingIsThere)

            let created = try await Self.deploy(arguments, account)
            #expect(created.status == 0, "\(created.errorOutput)")
            #expect(created.output.contains("creating turntable ..."))
            var hasher = SHA256Hasher()
            hasher.update(try FileSystem.readFile("\(folder)/etl.zip"))
            let digest = Base64.encode(hasher.finish())
            #expect(created.output.contains("CodeSha256 \(digest)"))
            try await check("digest = '\(digest)'\n" + Self.isThere)
            try await check(Self.runs)

            let again = try await Self.deploy(arguments + ["--dry-run"], account)
            #expect(again.status == 0, "\(again.errorOutput)")
            #expect(again.output.contains("existing stack turntable"))
        }
    }

    /// An answer of the AWS command line, or the error that it ends with.
    private static let calls: JSONObject = [
        "sts get-caller-identity": ["Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/me"],
        "s3api get-bucket-location": ["LocationConstraint": "eu-central-1"],
        "cloudformation describe-stacks": stack("UPDATE_COMPLETE"),
        "cloudformation describe-change-set": [
            "Status": "CREATE_COMPLETE",
            "Changes": [
                change("Modify", "EtlFunction", "AWS::Lambda::Function", "False", "Code"),
                change("Modify", "KpiTable", "AWS::DynamoDB::Table", "True", "KeySchema"),
                change("Remove", "OldAlarm", "AWS::CloudWatch::Alarm", nil, nil),
                change("Modify", "StreamPipeline", "AWS::StepFunctions::StateMachine", "Conditional", "RoleArn"),
            ],
        ],
    ]

    private static func stack(_ status: String) -> JSONValue {
        [
            "Stacks": [
                [
                    "StackStatus": .string(status),
                    "Parameters": [["ParameterKey": "EtlMemorySize", "ParameterValue": "2048"]],
                    "Outputs": [["OutputKey": "KpiTableName", "OutputValue": "kpi.table"]],
                ]
            ]
        ]
    }

    private static func change(
        _ action: String, _ id: String, _ type: String, _ replacement: String?, _ property: String?
    ) -> JSONValue {
        var row: JSONObject = [
            "Action": .string(action), "LogicalResourceId": .string(id), "ResourceType": .string(type),
        ]
        row["Replacement"] = replacement.map { .string($0) }
        row["Details"] = property.map { [["Target": ["Name": .string($0)]]] }
        return ["ResourceChange": .object(row)]
    }

    private static let updated = """
        account 123456789012, eu-central-1, existing stack turntable
        changes: 1 remove, 3 modify
          remove  AWS::CloudWatch::Alarm             OldAlarm
          modify  AWS::DynamoDB::Table               KpiTable  (KeySchema)  REPLACED
          modify  AWS::Lambda::Function              EtlFunction  (Code)
          modify  AWS::StepFunctions::StateMachine   StreamPipeline  (RoleArn)  perhaps REPLACED
        updating turntable ...

        """

    struct Ending: CustomTestStringConvertible, Sendable {
        let name: String
        var calls: JSONObject = [:]
        var status: Int32 = 1
        let says: [String]
        var asked: [String] = []

        var testDescription: String { name }
    }

    static let endings = [
        Ending(
            name: "an update with a replacement", status: 0,
            says: [
                updated, "EtlMemorySize          2048  (as it is now)", "outputs:\n  KpiTableName           kpi.table",
            ],
            asked: ["cloudformation execute-change-set", "cloudformation wait"]),
        Ending(
            name: "nothing to change",
            calls: [
                "cloudformation describe-change-set": [
                    "Status": "FAILED", "StatusReason": "The submitted information didn't contain changes.",
                ]
            ], status: 0, says: ["nothing to change"], asked: ["cloudformation delete-change-set"]),
        Ending(
            name: "a change set that fails",
            calls: ["cloudformation describe-change-set": ["Status": "FAILED", "StatusReason": "No room"]],
            says: ["the change set failed: No room", "next: mend infra/template.yaml"],
            asked: ["cloudformation delete-change-set"]),
        Ending(
            name: "an update that fails",
            calls: [
                "cloudformation wait": "Waiter StackUpdateComplete failed",
                "cloudformation describe-stack-events": [
                    "StackEvents": [
                        [
                            "LogicalResourceId": "EtlRole", "ResourceStatus": "UPDATE_FAILED",
                            "ResourceStatusReason": "Resource update cancelled",
                        ],
                        [
                            "LogicalResourceId": "KpiTable", "ResourceStatus": "UPDATE_FAILED",
                            "ResourceStatusReason": "has another owner",
                        ],
                    ]
                ],
            ],
            says: [
                "was not brought about: Waiter StackUpdateComplete failed\n    KpiTable: has another owner\n  next: mend"
            ]),
        Ending(
            name: "a creation that failed before",
            calls: ["cloudformation describe-stacks": stack("ROLLBACK_COMPLETE")],
            says: ["is ROLLBACK_COMPLETE", "next: run 'aws cloudformation delete-stack --stack-name turntable'"]),
        Ending(
            name: "another deployment under way",
            calls: ["cloudformation describe-stacks": stack("UPDATE_IN_PROGRESS")],
            says: ["is UPDATE_IN_PROGRESS", "next: wait for its end"]),
        Ending(
            name: "a bucket of another region", calls: ["s3api get-bucket-location": [:]],
            says: ["is in us-east-1, the stack in eu-central-1", "next: name a bucket that is in eu-central-1"]),
        Ending(
            name: "an upload that is refused",
            calls: ["s3api head-object": "404", "s3api put-object": "AccessDenied"],
            says: ["was not uploaded to artifacts: AccessDenied", "next: see that you may write to s3://artifacts/"]),
        Ending(
            name: "a change set that is refused",
            calls: ["cloudformation create-change-set": "AccessDenied: iam"],
            says: ["the change set was refused: AccessDenied: iam", "next: mend what it names"]),
        Ending(
            name: "expired credentials", calls: ["sts get-caller-identity": "ExpiredToken"],
            says: ["the account was not reached: ExpiredToken", "next: set AWS_PROFILE"]),
    ]

    @Test("each ending says what became of it", arguments: endings)
    func end(_ ending: Ending) async throws {
        try await Self.withPackages { folder in
            // In place of the AWS command line: answers from a list, and notes what it was asked.
            let program = """
                import json, os, sys
                with open(os.environ["ANSWERS"]) as file: answers = json.load(file)
                call = " ".join(sys.argv[1:3])
                with open(os.environ["ANSWERS"] + ".asked", "a") as file: file.write(call + "\\n")
                answer = answers.get(call, {})
                if isinstance(answer, str): sys.exit(answer)
                print(json.dumps(answer))
                """
            try FileSystem.createDirectories("\(folder)/awscli")
            try FileSystem.writeFileAtomically("\(folder)/awscli/__main__.py", Array(program.utf8))
            try FileSystem.writeFileAtomically("\(folder)/awscli/__init__.py", [])
            var answers = Self.calls
            for (call, answer) in ending.calls { answers[call] = answer }
            try FileSystem.writeFileAtomically("\(folder)/answers", JSONValue.object(answers).bytes())
            let ended = try await Self.deploy(
                ["--packages", folder, "--artifact-bucket", "artifacts"],
                ["PYTHONPATH": folder, "ANSWERS": "\(folder)/answers", "AWS_REGION": "eu-central-1"])
            #expect(ended.status == ending.status, "\(ended.errorOutput)")
            for text in ending.says { #expect((ended.output + ended.errorOutput).contains(text)) }
            let asked = String(decoding: try FileSystem.readFile("\(folder)/answers.asked"), as: UTF8.self)
            for call in ending.asked { #expect(asked.contains("\(call)\n")) }
            if !ending.asked.contains("cloudformation execute-change-set"), ending.name != "an update that fails" {
                #expect(!asked.contains("execute-change-set"))
            }
        }
    }

    private static let preamble = """
        import boto3, json, os, time, urllib.request
        def post(path, body):
            urllib.request.urlopen(urllib.request.Request(
                os.environ["AWS_ENDPOINT_URL"] + path, json.dumps(body).encode(), {"Content-Type": "application/json"}))
        cloudformation, s3, functions = (boto3.client(each) for each in ("cloudformation", "s3", "lambda"))
        machines = boto3.client("stepfunctions")

        """

    /// Functions answer what a test says: moto would start containers.
    private static let prepare = """
        post("/moto-api/config", {"lambda": {"use_docker": False}})
        s3.create_bucket(Bucket="artifacts")
        """

    private static let nothingIsThere = """
        assert not [each for each in cloudformation.list_stacks()["StackSummaries"]
                    if each["StackStatus"] != "DELETE_COMPLETE"]
        assert [each["Key"].split("-")[0] for each in s3.list_objects_v2(Bucket="artifacts")["Contents"]] == [
            "turntable/template"]
        assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["artifacts"]
        """

    private static let isThere = """
        stack = cloudformation.describe_stacks(StackName="turntable")["Stacks"][0]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        assert {each["Key"]: each["Value"] for each in stack["Tags"]} == {
            "Application": "turntable", "Stage": "production"}, stack
        kinds = {}
        for each in cloudformation.describe_stack_resources(StackName="turntable")["StackResources"]:
            kinds[each.get("ResourceType")] = kinds.get(each.get("ResourceType"), 0) + 1
        # The 22 without a type are what this moto knows no CloudFormation of: policies of buckets and queues, alarms, and
        # asynchronous invocation.
        assert kinds == {None: 22, "AWS::S3::Bucket": 3, "AWS::DynamoDB::Table": 2, "AWS::IAM::Role": 9,
                         "AWS::Logs::LogGroup": 8, "AWS::SQS::Queue": 2, "AWS::Lambda::Function": 5,
                         "AWS::StepFunctions::StateMachine": 3, "AWS::Events::Rule": 1}, kinds
        etl = functions.get_function_configuration(FunctionName="etl")
        assert etl["CodeSha256"] == digest and etl["Runtime"] == "provided.al2023", etl
        assert etl["Environment"]["Variables"]["RAW_BUCKET"] == "rds.data", etl
        target = boto3.client("events").list_targets_by_rule(Rule="stream-arrived")["Targets"][0]
        assert target["Arn"].endswith(":stateMachine:stream-pipeline"), target
        assert target["DeadLetterConfig"]["Arn"].endswith(":undelivered-arrivals"), target
        iam = boto3.client("iam")
        role = etl["Role"].split("/")[-1]
        assert "arn:aws:s3:::rds.data/streams/*" in json.dumps(
            iam.get_role_policy(RoleName=role, PolicyName="what-it-calls")["PolicyDocument"])
        assert not iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        """

    /// moto keeps machines that CloudFormation makes apart from those that it runs: the definition goes from one to the
    /// other as it is.
    private static let runs = """
        made = {each["name"]: each["stateMachineArn"] for each in machines.list_state_machines()["stateMachines"]}
        assert set(made) == {"stream-pipeline", "split-file", "backfill"}, made
        arn = made["stream-pipeline"]
        definition = machines.describe_state_machine(stateMachineArn=arn)["definition"]
        there = {each["FunctionArn"] for each in functions.list_functions()["Functions"]}
        states = json.loads(definition)["States"].values()
        tasks = {state["Resource"] for state in states if ":function:" in state.get("Resource", "")}
        assert tasks == {each for each in there if not each.endswith(":split-file")} and len(there) == 5, (tasks, there)
        started = [state["Parameters"]["StateMachineArn"] for state in states if "states:::" in state.get("Resource", "")]
        assert started == [made["split-file"]], started
        post("/moto-api/config", {"stepfunctions": {"execute_state_machine": True}})
        arn = machines.create_state_machine(
            name="runs", definition=definition, roleArn="arn:aws:iam::123456789012:role/any")["stateMachineArn"]
        def run(*answers):
            post("/moto-api/static/lambda-simple/response", {"results": [json.dumps(each) for each in answers]})
            execution = machines.start_execution(stateMachineArn=arn, name=f"run-{time.time()}", input=json.dumps(
                {"detail": {"object": {"key": "streams/a.csv"}}}))["executionArn"]
            while True:
                found = machines.describe_execution(executionArn=execution)
                if found["status"] != "RUNNING": return found
                time.sleep(0.05)
        done = run({"status": "PASSED"}, {"rows_in": 1}, {"dates": []}, {"disposition": "ARCHIVED"})
        assert done["status"] == "SUCCEEDED", done
        state = json.loads(done["output"])
        assert state["etl"] == {"rows_in": 1} and state["execution"].startswith("arn:aws:states:"), state
        failed = run({"status": "FAILED"}, {"disposition": "QUARANTINED"})
        assert (failed["status"], failed["error"]) == ("FAILED", "ValidationFailed"), failed
        assert run({"status": "ALREADY_PROCESSED"})["status"] == "SUCCEEDED"
        assert run({"status": "?"})["error"] == "UnexpectedValidationStatus"
        post("/moto-api/config", {"stepfunctions": {"execute_state_machine": False}})
        """
}

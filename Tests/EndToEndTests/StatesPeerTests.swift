import JSON
import TestSupport
import Testing

/// Step Functions' API of a running router, as AWS's own clients use it.
@Suite("Clients of Step Functions", .timeLimit(.minutes(10)))
struct StatesPeerTests {
    @Test("boto3 makes, runs, pages and deletes, and what is there survives the router")
    func boto3() async throws {
        let check = try await runProcess(Repository.python, ["-c", "import boto3"])
        guard check.status == 0 else { return print("NOT RUN: \(Repository.python) has no boto3") }
        try await withRouter(references: false) { router in
            let before = try await runProcess(Repository.python, ["-c", Self.client(router) + Self.program])
            #expect(before.status == 0, "\(before.errorOutput)")
            #expect(before.output == "done\n")
            try await router.killAndRestart()
            let after = try await runProcess(Repository.python, ["-c", Self.client(router) + Self.afterRestart])
            #expect(after.status == 0, "\(after.errorOutput)")
            #expect(after.output == "done\n")
        }
    }

    private static func client(_ router: RouterUnderTest) -> String {
        """
        import boto3, botocore, datetime, json
        from botocore.config import Config
        c = boto3.client("stepfunctions", endpoint_url="\(router.endpoint)", region_name="us-east-1",
                         aws_access_key_id="a", aws_secret_access_key="b",
                         config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False))
        role = "arn:aws:iam::111111111111:role/sfn-role"
        def machine(state): return json.dumps({"StartAt": "S", "States": {"S": dict(state, End=True)}})
        def code(call, **arguments):
            try: call(**arguments)
            except botocore.exceptions.ClientError as error: return type(error).__name__
        def ended(arn):
            while True:
                found = c.describe_execution(executionArn=arn)
                if found["status"] != "RUNNING": return found

        """
    }

    private static let program = """
        templates = c.list_state_machines()["stateMachines"]
        assert templates and all(m["creationDate"].tzinfo for m in templates), templates
        arn = c.create_state_machine(name="api", definition=machine({"Type": "Pass", "Result": [1, 2]}), roleArn=role,
                                     publish=True, tags=[{"key": "a", "value": "b"}])["stateMachineArn"]
        assert len(c.list_state_machines()["stateMachines"]) == len(templates) + 1
        found = c.describe_state_machine(stateMachineArn=arn)
        assert found["status"] == "ACTIVE" and found["type"] == "STANDARD" and found["roleArn"] == role, found
        alias = c.create_state_machine_alias(name="live", routingConfiguration=[
            {"stateMachineVersionArn": arn + ":1", "weight": 100}])["stateMachineAliasArn"]
        started = c.start_execution(stateMachineArn=alias, name="first", input='{"x": 1}')
        assert isinstance(started["startDate"], datetime.datetime)
        done = ended(started["executionArn"])
        assert done["status"] == "SUCCEEDED" and json.loads(done["output"]) == [1, 2], done
        assert done["stateMachineAliasArn"] == alias and done["stateMachineVersionArn"] == arn + ":1", done
        for i in range(7): ended(c.start_execution(stateMachineArn=arn, name=f"run-{i}")["executionArn"])
        pages = list(c.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 3}))
        assert [len(p["executions"]) for p in pages] == [3, 3, 2], pages
        events = [e for p in c.get_paginator("get_execution_history").paginate(
            executionArn=started["executionArn"], PaginationConfig={"PageSize": 1}) for e in p["events"]]
        assert [e["type"] for e in events] == ["ExecutionStarted", "PassStateEntered", "PassStateExited",
                                               "ExecutionSucceeded"], events
        assert abs((events[0]["timestamp"] - started["startDate"]).total_seconds()) < 1
        express = c.create_state_machine(name="fast", definition=machine({"Type": "Pass"}), roleArn=role,
                                         type="EXPRESS")["stateMachineArn"]
        answer = c.start_sync_execution(stateMachineArn=express, input='{"ü": "ä"}')
        assert answer["status"] == "SUCCEEDED" and json.loads(answer["output"]) == {"ü": "ä"}, answer
        waiting = c.start_execution(stateMachineArn=c.create_state_machine(
            name="slow", definition=machine({"Type": "Wait", "Seconds": 3600}), roleArn=role)["stateMachineArn"])
        c.stop_execution(executionArn=waiting["executionArn"], error="Enough", cause="is enough")
        stopped = c.describe_execution(executionArn=waiting["executionArn"])
        assert stopped["status"] == "ABORTED" and stopped["error"] == "Enough", stopped
        activity = c.create_activity(name="work")["activityArn"]
        assert [a["activityArn"] for a in c.list_activities()["activities"]] == [activity]
        assert code(c.describe_state_machine, stateMachineArn=arn + "x") == "StateMachineDoesNotExist"
        assert code(c.describe_execution, executionArn=started["executionArn"] + "x") == "ExecutionDoesNotExist"
        assert code(c.start_execution, stateMachineArn=arn, input="{") == "InvalidExecutionInput"
        assert code(c.start_execution, stateMachineArn=arn, name="first", input="7") == "ExecutionAlreadyExists"
        assert code(c.create_state_machine, name="api", definition=machine({"Type": "Pass"}), roleArn=role) \\
            == "StateMachineAlreadyExists"
        assert code(c.create_state_machine, name="bad", definition="{}", roleArn=role) == "InvalidDefinition"
        assert code(c.describe_activity, activityArn=activity + "x") == "ActivityDoesNotExist"
        assert c.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "b"}]
        assert c.validate_state_machine_definition(definition=machine({"Type": "Pass"}))["result"] == "OK"
        print("done")
        """

    private static let afterRestart = """
        arn = [m for m in c.list_state_machines()["stateMachines"] if m["name"] == "api"][0]["stateMachineArn"]
        done = ended(c.start_execution(stateMachineArn=arn + ":live")["executionArn"])
        assert json.loads(done["output"]) == [1, 2], done
        assert len(c.list_executions(stateMachineArn=arn)["executions"]) == 9
        c.delete_state_machine_alias(stateMachineAliasArn=arn + ":live")
        c.delete_state_machine_version(stateMachineVersionArn=arn + ":1")
        c.delete_state_machine(stateMachineArn=arn)
        assert code(c.describe_state_machine, stateMachineArn=arn) == "StateMachineDoesNotExist"
        print("done")
        """

    @Test("the aws command makes a machine, runs it and prints its history")
    func awsCommand() async throws {
        let check = try await runProcess(Repository.python, ["-m", "awscli", "--version"])
        guard check.status == 0 else { return print("NOT RUN: \(Repository.python) has no awscli") }
        try await withRouter(references: false) { router in
            func aws(_ arguments: String...) async throws -> JSONValue {
                let finished = try await runProcess(
                    Repository.python,
                    ["-m", "awscli", "stepfunctions"] + arguments + [
                        "--endpoint-url", router.endpoint, "--region", "us-east-1", "--output", "json",
                    ], environment: ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"])
                try #require(finished.status == 0, "\(arguments): \(finished.errorOutput)")
                return finished.output.isEmpty ? .null : try JSONValue(parsing: finished.output)
            }
            let created = try await aws(
                "create-state-machine", "--name", "cli", "--role-arn", "arn:aws:iam::111111111111:role/r",
                "--definition", #"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"No"}}}"#)
            let machine = try #require(created["stateMachineArn"]?.stringValue)
            let started = try await aws("start-execution", "--state-machine-arn", machine, "--name", "one")
            let execution = try #require(started["executionArn"]?.stringValue)
            _ = try await eventually("a failed execution") {
                try await aws("describe-execution", "--execution-arn", execution)["status"] == "FAILED" ? true : nil
            }
            let history = try await aws("get-execution-history", "--execution-arn", execution)["events"]?.arrayValue
            #expect(
                history?.compactMap { $0["type"]?.stringValue } == [
                    "ExecutionStarted", "FailStateEntered", "ExecutionFailed",
                ])
            let listed = try await aws(
                "list-executions", "--state-machine-arn", machine, "--status-filter", "FAILED")["executions"]
            #expect(listed?.arrayValue?.count == 1)
            _ = try await aws("delete-state-machine", "--state-machine-arn", machine)
        }
    }
}

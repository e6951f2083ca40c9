import JSON
import Testing

@testable import StatesLanguage

/// Tests of single states: what needs no recording.
@Suite("Tests of single states")
struct StateTestTests {
    private static func run(
        _ definition: String, _ more: JSONObject = [:], level: String = "DEBUG",
        task: (TaskRequest) -> StateTest.Answer = { .payload($0.payload.text()) }
    ) throws -> JSONValue {
        var request: JSONObject = ["definition": .string(definition), "inspectionLevel": .string(level)]
        for (key, value) in more { request[key] = value }
        return try StateTestDriver.run(.object(request), task: task)
    }

    private static func refusal(_ definition: String, _ more: JSONObject) -> StateTestError? {
        do {
            let response = try run(definition, more)
            Issue.record("not refused: \(response.text())")
        } catch let error as StateTestError {
            return error
        } catch {
            Issue.record("\(error)")
        }
        return nil
    }

    private static let call =
        #""Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}"#

    @Test("a task without a mock asks for its function and goes on with the answer")
    func function() throws {
        var asked: [String] = []
        let definition = #"{"Type": "Task", "Resource": "\#(StateTests.function)", "ResultPath": "$.r", "Next": "B"}"#
        let response = try Self.run(definition, ["input": #"{"a": 1}"#]) { request in
            asked.append(request.function)
            return .payload("2")
        }
        #expect(asked == [StateTests.function])
        #expect(response["status"] == "SUCCEEDED")
        #expect(response["nextState"] == "B")
        #expect(response["output"] == #"{"a": 1, "r": 2}"#)
        #expect(response["inspectionData"]?["afterResultPath"] == #"{"a": 1, "r": 2}"#)
        #expect(response["inspectionData"]?["result"] == "2")
    }

    @Test("INFO tells nothing of the work")
    func info() throws {
        let response = try Self.run(#"{"Type": "Pass", "Next": "B"}"#, ["input": "[1,2]"], level: "INFO")
        #expect(response == ["nextState": "B", "output": "[1, 2]", "status": "SUCCEEDED"])
    }

    @Test("an error is retried as often as the retrier says, then caught, then final")
    func errors() throws {
        let retry =
            #""Retry": [{"ErrorEquals": ["A"]}, {"ErrorEquals": ["E"], "IntervalSeconds": 3, "MaxAttempts": 2}]"#
        let caught = #""Catch": [{"ErrorEquals": ["E"], "ResultPath": "$.e", "Next": "B"}]"#
        let mock: JSONValue = ["errorOutput": ["error": "E", "cause": "c"]]
        func run(_ fields: String, retries: Int) throws -> JSONValue {
            try Self.run(
                "{\(Self.call), \(fields), \"End\": true}",
                ["mock": mock, "stateConfiguration": ["retrierRetryCount": .int(retries)]])
        }
        let first = try run("\(retry), \(caught)", retries: 1)
        #expect(first["status"] == "RETRIABLE")
        #expect(first["output"] == nil)
        #expect(
            first["inspectionData"]?["errorDetails"] == ["retryIndex": 1, "retryBackoffIntervalSeconds": 6])
        let second = try run("\(retry), \(caught)", retries: 2)
        #expect(second["status"] == "CAUGHT_ERROR")
        #expect(second["nextState"] == "B")
        #expect(second["output"] == #"{"e": {"Error": "E", "Cause": "c"}}"#)
        #expect(second["inspectionData"]?["errorDetails"] == ["catchIndex": 0, "retryIndex": 1])
        let third = try run(retry, retries: 2)
        #expect(third["status"] == "FAILED")
        #expect(third["error"] == "E")
        #expect(third["cause"] == "c")
    }

    @Test("a state of a machine is found wherever it stands, and sees variables")
    func named() throws {
        let machine = """
            {"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "X", "States": {
              "X": {"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"n": "{% $n + 1 %}"}, "Output": "{% $n %}",
                "End": true}}}]}}}
            """
        let response = try Self.run(machine, ["stateName": "X", "variables": #"{"n": 1}"#])
        #expect(response["output"] == "1")
        #expect(response["inspectionData"]?["variables"] == #"{"n": 2}"#)
        #expect(Self.refusal(machine, ["stateName": "Y"])?.message == "State not found in definition")
    }

    @Test("a Wait state takes no time, but not for ever")
    func waiting() throws {
        #expect(try Self.run(#"{"Type": "Wait", "Seconds": 200, "Next": "B"}"#)["nextState"] == "B")
        let long = try Self.run(#"{"Type": "Wait", "Seconds": 301, "Next": "B"}"#)
        #expect(long["status"] == "FAILED")
        #expect(long["error"] == "States.Timeout")
    }

    @Test("a Map with a mock shows its items as they would go to the iterations")
    func map() throws {
        let states = #""StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}"#
        let definition = """
            {"Type": "Map", "ItemsPath": "$.v", "ItemSelector": {"n.$": "$$.Map.Item.Value"}, "MaxConcurrency": 2,
             "ToleratedFailurePercentage": 40, "ItemProcessor": {\(states)}, "End": true}
            """
        func run(failures: Int) throws -> JSONValue {
            try Self.run(
                definition,
                [
                    "input": #"{"v": [1, 2]}"#, "mock": ["result": "[3, 4]"],
                    "stateConfiguration": ["mapIterationFailureCount": .int(failures)],
                ])
        }
        let good = try run(failures: 0)
        #expect(good["output"] == "[3, 4]")
        let data = try #require(good["inspectionData"])
        #expect(data["afterItemsPath"] == "[1, 2]")
        #expect(data["afterItemSelector"] == #"[{"n": 1}, {"n": 2}]"#)
        #expect(data["maxConcurrency"] == 2)
        #expect(data["toleratedFailurePercentage"]?.text() == "40.0")
        #expect(try run(failures: 1)["error"] == "States.ExceedToleratedFailureThreshold")
    }

    @Test("what an ItemReader is said to have read stands for its object")
    func reader() throws {
        let definition = """
            {"Type": "Map", "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b",
             "Key": "k"}, "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}},
             "ItemBatcher": {"MaxItemsPerBatch": 1}, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"},
             "StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}, "End": true}
            """
        let response = try Self.run(
            definition, ["mock": ["result": "[]"], "stateConfiguration": ["mapItemReaderData": "a\n1\n2\n"]])
        #expect(response["status"] == "SUCCEEDED")
        #expect(
            response["inspectionData"]?["afterItemBatcher"] == #"[{"Items": [{"a": "1"}]}, {"Items": [{"a": "2"}]}]"#)
    }

    @Test(
        "a mocked result is held against the service's own answers",
        arguments: [
            (
                "kms:encrypt", #"{"CiphertextBlob": ""}"#, "STRICT",
                "Field 'CiphertextBlob' is smaller than the minimum length"
            ),
            ("sfn:startExecution", "{}", "STRICT", "Required field 'ExecutionArn' is missing"),
            ("sfn:startExecution", "{}", "PRESENT", ""), ("sfn:startExecution", #"{"StartDate": 1}"#, "NONE", ""),
            ("s3:getObject", #"{"DeleteMarker": "no"}"#, "PRESENT", "Field 'DeleteMarker' must be a boolean"),
            ("dynamodb:query", #"{"Items": [{"id": {"S": 1}}]}"#, "STRICT", "Field 'S' must be a string"),
            (
                "dynamodb:query", #"{"Items": [{"id": {"L": [{"N": "1"}, {"M": {"x": {"N": 2}}}]}}]}"#, "STRICT",
                "Field 'N' must be a string"
            ),
            (
                "sqs:sendMessageBatch", #"{"Successful": [], "Failed": [{"Id": "1"}]}"#, "STRICT",
                "Required field 'SenderFault' is missing"
            ),
            ("states:describeExecution", #"{"Status": "DONE"}"#, "PRESENT", "Field 'Status' is not an expected value"),
            ("unheardof:doThings", #"{"a": 1}"#, "STRICT", ""),
        ])
    func shapes(action: String, result: String, mode: String, expected: String) throws {
        let definition =
            #"{"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:\#(action)", "Parameters": {}, "End": true}"#
        let more: JSONObject = ["mock": ["result": .string(result), "fieldValidationMode": .string(mode)]]
        if expected.isEmpty {
            #expect(try Self.run(definition, more)["status"] == "SUCCEEDED")
        } else {
            #expect(
                Self.refusal(definition, more)
                    == .validation("Mock result schema validation error: \(expected)"))
        }
    }

    @Test("no line of the table of answers names a shape that is not there")
    func table() {
        func visit(_ shape: ResponseShape) {
            switch shape {
            case .named(let name): #expect(ResponseShape.table[name] != nil, "\(name)")
            case .array(let inner), .map(let inner): visit(inner)
            case .object(let members):
                for member in members {
                    #expect(!member.name.isEmpty)
                    visit(member.shape)
                }
            default: break
            }
        }
        for (name, shape) in ResponseShape.table {
            guard case .object(let members) = shape else {
                Issue.record("\(name) is no object")
                continue
            }
            #expect(!members.isEmpty, "\(name)")
            visit(shape)
        }
        #expect(ResponseShape.table.count > 30)
    }

    @Test("what AWS refuses is refused")
    func refusals() throws {
        let task = "{\(Self.call), \"End\": true}"
        let mock: JSONValue = ["result": "{}"]
        let parallel = """
            {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Succeed"}}}]}
            """
        #expect(Self.refusal(parallel, [:])?.code == "InvalidDefinition")
        for type in ["Pass\", \"End\": true, \"Comment\": \"", "Succeed", "Fail"] {
            let error = Self.refusal("{\"Type\": \"\(type)\"}", ["mock": mock])
            #expect(error?.message.hasSuffix("is not supported when a mock is specified") == true)
        }
        #expect(Self.refusal(parallel, ["mock": ["result": "[1, 2]"]])?.message.contains("number of items") == true)
        #expect(Self.refusal(task, ["mock": ["result": "{}", "errorOutput": ["error": "E"]]]) != nil)
        #expect(Self.refusal(task, ["mock": ["result": "{"]]) != nil)
        let failure: JSONValue = ["errorOutput": ["error": "E"]]
        #expect(
            Self.refusal(parallel, ["mock": failure, "stateConfiguration": ["errorCausedByState": "Y"]])?.code
                == "ValidationException")
        #expect(Self.refusal(task, ["context": "{}"])?.message.contains("Context when a mock is not") == true)
        #expect(
            Self.refusal(task, ["mock": mock, "context": #"{"State": {"RetryCount": "1"}}"#])?.message
                == "Invalid Context object provided: State.RetryCount must be a number")
        #expect(Self.refusal(task, ["mock": mock, "revealSecrets": true]) != nil)
        #expect(Self.refusal(#"{"Type": "Pass"}"#, [:])?.code == "InvalidDefinition")
        #expect(Self.refusal(#"{"Type": "Pass", "End": true}"#, ["input": "{"])?.code == "InvalidExecutionInput")
        let wait = #"{"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true}"#
        #expect(Self.refusal(wait, [:])?.code == "InvalidDefinition")
    }
}

import FileSystem
import JSON
import TestSupport
import Testing

@Suite("turntable coverage", .timeLimit(.minutes(10)))
struct CoverageVerbTests {
    private static func points(_ lines: [JSONValue]) -> [String: Int] {
        var counts: [String: Int] = [:]
        for line in lines where line["kind"] == "point" {
            let place = "\(line["state"]?.stringValue ?? "") \(line["point"]?.stringValue ?? "")"
            counts[place + (line["index"]?.intValue.map { " \($0)" } ?? ""), default: 0] += line["count"]?.intValue ?? 0
        }
        return counts
    }

    @Test("the sample pipeline's executions are counted, and the proposed cases reach the rest on a router that mocks")
    func pipeline() async throws {
        try await withRouter { router in
            try router.drop(SampleData.streams, as: "streams/good.csv")
            try router.drop("user_id,track_id\n1,t1\n", as: "streams/bad.csv")
            _ = try await router.endedExecutions(of: "good.csv")
            _ = try await router.endedExecutions(of: "bad.csv")
            let folder = FileSystem.parent(of: router.data) ?? "/"
            let lines = try await router.lines([
                "coverage", "--state-machine", "stream-pipeline", "--junit", "\(folder)/junit.xml", "--propose-mocks",
                "\(folder)/mocks.json",
            ])
            let counts = Self.points(lines)
            #expect(counts["Receive entered"] == 2)
            #expect(counts["ValidateFile succeeded"] == 2)
            #expect(counts["IsValid rule 0"] == 1)
            #expect(counts["IsValid rule 2"] == 1)
            #expect(counts["IsValid default"] == 0)
            #expect(counts["Etl catcher 0"] == 0)
            #expect(counts["ValidationFailed entered"] == 1)
            let machine = try #require(lines.first { $0["kind"] == "machine" })
            #expect(machine["executions"] == 2)
            #expect(machine["other_definitions"] == 0)
            #expect(lines.allSatisfy { $0["kind"] != "gap" })

            // Another reader opens the XML, and counts the same.
            let script = """
                import sys, xml.etree.ElementTree as tree
                root = tree.parse(sys.argv[1]).getroot()
                cases = root.findall('./testsuite/testcase')
                print(len(cases), len([c for c in cases if c.find('failure') is not None]), root.get('tests'))
                """
            let parsed = try await runProcess("/usr/bin/env", ["python3", "-c", script, "\(folder)/junit.xml"])
            let total = machine["points"]?.intValue ?? 0
            let missing = total - (machine["reached"]?.intValue ?? 0)
            #expect(parsed.output == "\(total) \(missing) \(total)\n", "\(parsed.errorOutput)")

            let name = machine["state_machine"]?.stringValue ?? ""
            let table = try await router.turntable(["coverage", "--state-machine", name])
            #expect(table.status == 0)
            #expect(table.output.contains("points, "))
            let under = try await router.turntable(["coverage", "--state-machine", name, "--fail-under", "99.5"])
            #expect(under.status == 1)
            #expect(under.errorOutput.contains("\(name)/Etl: catcher 0: States.ALL → MarkFailed"))
            #expect(try await router.turntable(["coverage", "--fail-under", "1"]).status == 0)
            #expect(try await router.turntable(["coverage", "--fail-under", "101"]).status == 2)
            #expect(try await router.turntable(["coverage", "--state-machine", "other"]).status == 1)

            // Each proposed case, started on a router with the written file as anybody would.
            let mocked = try await RouterUnderTest(
                data: "\(folder)/mocked", options: ["--mock-config", "\(folder)/mocks.json"])
            let inputs = try JSONValue(parsing: FileSystem.readFile("\(folder)/mocks.json.inputs.json"))
            let arn = try #require(machine["arn"]?.stringValue)
            let cases = lines.filter { $0["kind"] == "case" }
            #expect(!cases.isEmpty)
            for proposed in cases {
                let testCase = proposed["case"]?.stringValue ?? ""
                let input = try #require(inputs[name]?[testCase])
                try await Self.start("\(arn)#\(testCase)", input, on: mocked)
            }
            // What waits between retries takes real time there: what is counted is what was reached at once.
            try await eventually("the cases that do not wait", timeout: .seconds(60)) {
                let counts = Self.points(try await mocked.lines(["coverage", "--state-machine", name]))
                return counts["Etl catcher 0"] ?? 0 > 0 && counts["IsValid default"] ?? 0 > 0
                    && counts["IsValid rule 3"] ?? 0 > 0 && counts["WriteKpis retrier 0"] ?? 0 > 0 ? () : nil
            }
            try await mocked.stop()
        }
    }

    private static func start(_ arn: String, _ input: JSONValue, on router: RouterUnderTest) async throws {
        try await call(
            "StartExecution", ["stateMachineArn": .string(arn), "input": .string(input.text())], on: router)
    }

    @discardableResult
    private static func call(
        _ action: String, _ body: JSONValue, on router: RouterUnderTest
    ) async throws -> JSONValue {
        let finished = try await runProcess(
            "/usr/bin/env",
            [
                "curl", "-sS", "--fail-with-body", "-H", "X-Amz-Target: AWSStepFunctions.\(action)", "-H",
                "Content-Type: application/x-amz-json-1.0", "--data-binary", body.text(), "\(router.endpoint)/",
            ])
        #expect(finished.status == 0, "\(finished.output)\(finished.errorOutput)")
        return try JSONValue(parsing: finished.output)
    }

    @Test(
        "child executions of distributed Maps count, earlier definitions as far as they still hold, and odd events not")
    func versions() async throws {
        func definition(_ rules: [Int]) -> JSONValue {
            let choices = rules.map { #"{"Variable": "$", "NumericEquals": \#($0), "Next": "Y"}"# }
            return .string(
                """
                {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.l", "End": true, "ItemProcessor": {
                  "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "C", "States": {
                    "C": {"Type": "Choice", "Choices": [\(choices.joined(separator: ", "))], "Default": "Z"},
                    "Y": {"Type": "Pass", "End": true}, "Z": {"Type": "Succeed"}}}}}}
                """)
        }
        try await withRouter(references: false) { router in
            let made = try await Self.call(
                "CreateStateMachine",
                ["name": "each", "roleArn": "arn:aws:iam::000000000000:role/r", "definition": definition([1, 2])],
                on: router)
            let arn = try #require(made["stateMachineArn"]?.stringValue)
            try await Self.start(arn, ["l": [1, 2, 2, 3]], on: router)
            let lines = try await eventually("the execution's end") {
                let lines = try await router.lines(["coverage", "--state-machine", "each"])
                return Self.points(lines)["M succeeded"] == 1 ? lines : nil
            }
            let counts = Self.points(lines)
            #expect(counts["C entered"] == 4)
            #expect(counts["C rule 0"] == 1)
            #expect(counts["C rule 1"] == 2)
            #expect(counts["C default"] == 1)
            #expect(lines.last?["percent"] == 100)
            #expect(lines.contains { $0["path"] == "M[]/C" })

            try await Self.call(
                "UpdateStateMachine", ["stateMachineArn": .string(arn), "definition": definition([2, 5])], on: router)
            let after = try await router.turntable(["coverage", "--state-machine", arn, "--json"])
            let later = Self.points(try after.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) })
            #expect(after.errorOutput.contains("1 of the executions ran another definition"))
            #expect(later["C rule 0"] == 2)
            #expect(later["C rule 1"] == 0)
            #expect(later["C default"] == 0)

            // A history that was cut, and events that are none.
            let script = #"""
                import sqlite3, sys
                file = sqlite3.connect(sys.argv[1])
                file.execute("DELETE FROM events WHERE id > 3")
                file.execute("INSERT INTO events SELECT execution, 90, '[1]' FROM events WHERE id = 1")
                file.execute("INSERT INTO events SELECT execution, 91, '{\"id\": 91, \"type\": \"PassStateEntered\", "
                    "\"stateEnteredEventDetails\": {\"name\": \"Other\"}}' FROM events WHERE id = 1")
                file.commit()
                """#
            let cut = try await runProcess(
                "/usr/bin/env", ["python3", "-c", script, "\(router.data)/executions.sqlite"])
            #expect(cut.status == 0, "\(cut.errorOutput)")
            let odd = try await router.turntable(["coverage", "--state-machine", "each"])
            #expect(odd.status == 0)
            #expect(odd.errorOutput.contains("1 events have no type or id"))
            #expect(odd.errorOutput.contains("a state 'Other'"))
        }
    }

    @Test("without a data folder it says so")
    func nothing() async throws {
        try await withTemporaryDirectory { folder in
            let finished = try await runProcess(
                RouterUnderTest.turntable, ["coverage", "--data", "\(folder)/none"], directory: folder)
            #expect(finished.status == 1)
            #expect(finished.errorOutput.contains("no router has run"))
        }
    }
}

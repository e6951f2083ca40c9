import FileSystem
import Glibc
import HTTPClient
import JSON
import TestSupport
import Testing

/// A router whose time is moved by hand, with real processes.
@Suite("A router under a virtual clock", .timeLimit(.minutes(10)))
struct VirtualClockTests {
    /// A day of work: a wait and retries, an execution inside another, a sensor, two schedules, a function that hangs.
    static let template = #"""
        AWSTemplateFormatVersion: "2010-09-09"
        Transform: AWS::Serverless-2016-10-31
        Metadata:
          Turntable:
            Sensors:
              - {Name: files, Bucket: InBucket, Prefix: in/, Wildcard: "in/*.csv", IntervalSeconds: 60}
        Resources:
          InBucket: {Type: AWS::S3::Bucket, Properties: {BucketName: in.data}}
          Flaky:
            Type: AWS::Serverless::Function
            Properties: {FunctionName: flaky, Runtime: provided.al2023, Handler: bootstrap, CodeUri: flaky, Timeout: 30}
          Stuck:
            Type: AWS::Serverless::Function
            Properties: {FunctionName: stuck, Runtime: provided.al2023, Handler: bootstrap, CodeUri: flaky, Timeout: 1}
          Hang:
            Type: AWS::Serverless::StateMachine
            Properties:
              Name: hang
              Definition:
                StartAt: Work
                States: {Work: {Type: Task, Resource: !GetAtt Stuck.Arn, Parameters: {hang: true}, TimeoutSeconds: 60, End: true}}
          Day:
            Type: AWS::Serverless::StateMachine
            Properties:
              Name: day
              Definition:
                StartAt: Sleep
                States:
                  Sleep: {Type: Wait, Seconds: 86400, Next: Work}
                  Work:
                    Type: Task
                    Resource: !GetAtt Flaky.Arn
                    Parameters: {"retry.$": "$$.State.RetryCount"}
                    Retry: [{ErrorEquals: [Busy], IntervalSeconds: 10, BackoffRate: 2, MaxAttempts: 5}]
                    End: true
          Note:
            Type: AWS::Serverless::StateMachine
            Properties:
              Name: note
              Definition:
                StartAt: Take
                States: {Take: {Type: Pass, End: true}}
          Parent:
            Type: AWS::Serverless::StateMachine
            Properties:
              Name: parent
              Definition:
                StartAt: Both
                States:
                  Both:
                    Type: Parallel
                    End: true
                    Branches:
                      - StartAt: Quick
                        States: {Quick: {Type: Task, Resource: !GetAtt Flaky.Arn, End: true}}
                      - StartAt: Child
                        States:
                          Child:
                            Type: Task
                            Resource: arn:aws:states:::states:startExecution.sync:2
                            Parameters: {StateMachineArn: !Ref Slow, Input: {}}
                            End: true
          Slow:
            Type: AWS::Serverless::StateMachine
            Properties:
              Name: slow
              Definition:
                StartAt: Sleep
                States: {Sleep: {Type: Wait, Seconds: 7200, End: true}}
          OnFile:
            Type: AWS::Events::Rule
            Properties:
              EventPattern: {source: [turntable.sensor]}
              Targets: [{Id: Note, Arn: !Ref Note}]
          EverySixHours:
            Type: AWS::Events::Rule
            Properties:
              ScheduleExpression: rate(6 hours)
              Targets: [{Id: Note, Arn: !Ref Note}]
          Nightly:
            Type: AWS::Scheduler::Schedule
            Properties:
              Name: nightly
              ScheduleExpression: cron(30 2 * * ? *)
              FlexibleTimeWindow: {Mode: "OFF"}
              Target: {Arn: !Ref Note, RoleArn: "arn:aws:iam::000000000000:role/r", Input: '{"at": "<aws.scheduler.scheduled-time>"}'}
        """#

    static let bootstrap = #"""
        #!/usr/bin/env -S python3 -S -E
        import http.client, json, os, signal
        connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        base = "/2018-06-01/runtime/invocation/"
        while True:
            connection.request("GET", base + "next")
            response = connection.getresponse()
            event = json.loads(response.read())
            if response.status != 200:
                break
            place = base + response.headers["Lambda-Runtime-Aws-Request-Id"]
            while event.get("hang"):
                signal.pause()
            if event.get("retry", 3) < 3:
                connection.request("POST", place + "/error", json.dumps({"errorType": "Busy", "errorMessage": "not yet"}))
            else:
                facts = {"time": response.headers["Turntable-Clock"], "startedBefore": os.environ["TURNTABLE_CLOCK"] <= response.headers["Turntable-Clock"],
                         "deadline": int(response.headers["Lambda-Runtime-Deadline-Ms"])}
                connection.request("POST", place + "/response", json.dumps(facts))
            connection.getresponse().read()
        """#

    static let start = "2024-06-25T00:00:00Z"

    func withRouter(
        options: [String] = ["--clock", "virtual", "--clock-start", start, "--arrivals", "poll"],
        _ body: (RouterUnderTest) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.createDirectories("\(folder)/flaky")
            try FileSystem.createDirectories("\(folder)/data/buckets/in.data/in")
            try FileSystem.writeFileAtomically("\(folder)/template.yaml", Array(Self.template.utf8))
            try FileSystem.writeFileAtomically("\(folder)/flaky/bootstrap", Array(Self.bootstrap.utf8))
            #expect(chmod("\(folder)/flaky/bootstrap", 0o755) == 0)
            // The file's own times are the machine's, and part of what the sensor tells.
            let file = "\(folder)/data/buckets/in.data/in/a.csv"
            try FileSystem.writeFileAtomically(file, [65])
            let times = [timespec(tv_sec: 1_700_000_000, tv_nsec: 0), timespec(tv_sec: 1_700_000_000, tv_nsec: 0)]
            #expect(utimensat(AT_FDCWD, file, times, 0) == 0)
            let router = try await RouterUnderTest(
                data: "\(folder)/data", template: "\(folder)/template.yaml", options: options)
            try await body(router)
            try await router.stop()
        }
    }

    func port(_ router: RouterUnderTest) -> String { router.endpoint.split(separator: ":").last.map(String.init) ?? "" }

    func clock(_ router: RouterUnderTest, _ words: String...) async throws -> FinishedProcess {
        try await runProcess(RouterUnderTest.turntable, ["clock"] + words + ["--port", port(router)])
    }

    func expectClock(_ router: RouterUnderTest, _ words: String..., shows time: String) async throws {
        let finished = try await runProcess(
            RouterUnderTest.turntable, ["clock"] + words + ["--port", port(router), "--json"])
        #expect(finished.status == 0, "\(words): \(finished.errorOutput)")
        #expect(try JSONValue(parsing: finished.output)["now"]?.stringValue == time, "\(words)")
    }

    func startExecution(_ router: RouterUnderTest, of machine: String) async throws {
        let body: JSONValue = [
            "stateMachineArn": .string("arn:aws:states:us-east-1:000000000000:stateMachine:\(machine)"),
            "name": .string(machine), "input": "{}",
        ]
        let response = try await HTTPClient(HTTPAddress(port: try #require(UInt16(port(router))))).response(
            to: HTTPClient.Request(
                "POST", "/",
                headers: [
                    ("X-Amz-Target", "AWSStepFunctions.StartExecution"), ("Content-Type", "application/x-amz-json-1.0"),
                ], body: body.bytes()))
        #expect(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
    }

    /// Every execution with its history, in the order of their starts, without the ids that chance gave.
    func histories(_ router: RouterUnderTest) async throws -> [String] {
        var found: [String] = []
        for execution in try await router.lines(["executions"]) {
            let name = try #require(execution["name"]?.stringValue)
            let events = try await router.turntable(["history", name, "--json"]).output
            found.append(
                "\(execution["started"]?.stringValue ?? "") \(execution["state_machine"]?.stringValue ?? "") \(events)"
                    .replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "ID"))
        }
        return found.sorted()
    }

    /// A day and what is left of it, with a kill in the middle if wanted.
    func day(_ router: RouterUnderTest, isKilled: Bool = false) async throws -> [String] {
        try await expectClock(router, "now", shows: "2024-06-25T00:00:00.000Z")
        for machine in ["day", "parent", "hang"] { try await startExecution(router, of: machine) }
        try await expectClock(router, "advance", "1h30m", shows: "2024-06-25T01:30:00.000Z")
        if isKilled {
            try await router.killAndRestart()
            try await expectClock(router, "now", shows: "2024-06-25T01:30:00.000Z")
        }
        try await expectClock(router, "advance", "PT22H30M", shows: "2024-06-26T00:00:00.000Z")
        try await expectClock(router, "run-until-idle", shows: "2024-06-26T00:01:10.000Z")
        return try await histories(router)
    }

    @Test("a virtual day of waits, retries, polls and schedules takes less than a day, each at its time")
    func virtualDay() async throws {
        try await withRouter { router in
            let begin = ContinuousClock.now
            _ = try await day(router)
            #expect(ContinuousClock.now - begin < .seconds(3_600))
            let executions = try await router.lines(["executions"])
            func named(_ machine: String) -> [JSONValue] {
                executions.filter { $0["state_machine"]?.stringValue?.hasSuffix(":\(machine)") == true }
            }
            #expect(named("day").map { $0["stopped"] } == ["2024-06-26T00:01:10.000Z"])
            #expect(named("parent").map { $0["stopped"] } == ["2024-06-25T02:00:00.000Z"])
            let parent = try await router.turntable(["history", "parent", "--json"]).output
            let answered = try parent.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
                .first { $0["type"] == "LambdaFunctionSucceeded" }
            #expect(answered?["timestamp"] == "2024-06-25T00:00:00.000Z")
            #expect(named("slow").map { $0["stopped"] } == ["2024-06-25T02:00:00.000Z"])
            // Killed after a second of real time, in which no virtual time went by.
            #expect(named("hang").map { $0["error"] } == ["Sandbox.Timedout"])
            #expect(named("hang").map { $0["stopped"] } == ["2024-06-25T00:00:00.000Z"])
            let notes = named("note").compactMap { $0["started"]?.stringValue?.dropFirst(5).prefix(11) }
            #expect(
                notes.sorted() == [
                    "06-25T00:01", "06-25T02:30", "06-25T06:00", "06-25T12:00", "06-25T18:00", "06-26T00:00",
                ])
            let history = try await router.turntable(["history", "day", "--json"]).output
            let events = try history.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            let scheduled = events.filter { $0["type"] == "LambdaFunctionScheduled" }
            #expect(
                scheduled.compactMap { $0["timestamp"]?.stringValue?.suffix(10) } == [
                    "00:00.000Z", "00:10.000Z", "00:30.000Z", "01:10.000Z",
                ])
            // What the function was told of the time.
            let output = try #require(events.last?["executionSucceededEventDetails"]?["output"]?.stringValue)
            #expect(
                try JSONValue(parsing: output) == [
                    "time": "2024-06-26T00:01:10.000000Z", "startedBefore": true,
                    "deadline": .int(1_719_360_100_000),
                ])
        }
    }

    @Test("the same commands give the same histories, also when the router is killed on the way")
    func repeated() async throws {
        var runs: [[String]] = []
        for isKilled in [false, false, true] {
            try await withRouter { router in runs.append(try await day(router, isKilled: isKilled)) }
        }
        #expect(runs[0].count == 10)
        #expect(runs[1] == runs[0])
        #expect(runs[2] == runs[0])
    }

    @Test("a file in a watched bucket is processed at the virtual time, and so say its functions' logs")
    func pipeline() async throws {
        try await withTemporaryDirectory { folder in
            let router = try await RouterUnderTest(
                data: "\(folder)/data", options: ["--clock", "virtual", "--clock-start", "2030-02-03T04:05:06Z"])
            // Without references the first attempts fail, and the retries wait for time to pass.
            try router.drop(SampleData.streams, as: "streams/day.csv")
            try await expectClock(router, "advance", "1s", shows: "2030-02-03T04:05:07.000Z")
            #expect(try await router.lines(["executions"]).map { $0["status"] } == ["RUNNING"])
            try router.drop(SampleData.songs, as: "songs/songs.csv")
            try router.drop(SampleData.users, as: "users/users.csv")
            #expect(try await clock(router, "run-until-idle").status == 0)
            let executions = try await router.lines(["executions"])
            #expect(executions.map { $0["status"] } == ["SUCCEEDED"])
            #expect(executions.map { $0["started"] } == ["2030-02-03T04:05:06.000Z"])
            #expect(router.holds("rds.data", "archive/streams/day.csv"))
            let log = String(decoding: try FileSystem.readFile("\(router.data)/logs/archive.log"), as: UTF8.self)
            let times = try log.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
                .compactMap { ($0["timestamp"] ?? $0["time"])?.stringValue }
            #expect(!times.isEmpty && times.allSatisfy { $0.hasPrefix("2030-02-03T04:") }, "\(times)")
            try await router.stop()
        }
    }

    @Test("the system's clock is read and not moved, and what can't be understood is refused with a reason")
    func refused() async throws {
        try await withRouter(options: []) { router in
            #expect(try await clock(router, "now").status == 0)
            let advance = try await clock(router, "advance", "5m")
            #expect(advance.status == 1)
            #expect(advance.errorOutput.contains("turntable serve --clock virtual"))
            for words in [
                ["advance"], ["advance", "soon"], ["stop"], ["now", "5m"], ["advance", "5m", "--limit", "1d"],
            ] {
                let finished = try await runProcess(RouterUnderTest.turntable, ["clock"] + words)
                #expect(finished.status == 2, "\(words)")
            }
        }
        let none = try await runProcess(RouterUnderTest.turntable, ["clock", "now", "--port", "1"])
        #expect(none.status == 1 && none.errorOutput.contains("no router answers on port 1"))
        for words in [
            ["--clock", "slow"], ["--clock-start", Self.start], ["--clock", "virtual", "--clock-start", "now"],
        ] {
            let finished = try await runProcess(RouterUnderTest.turntable, ["serve"] + words)
            #expect(finished.status == 2, "\(words)")
        }
    }

    @Test("a limit that comes first is told; a time that is past is refused")
    func limits() async throws {
        try await withRouter { router in
            try await startExecution(router, of: "day")
            let limited = try await clock(router, "run-until-idle", "--limit", "2h", "--json")
            #expect(limited.status == 1)
            #expect(try JSONValue(parsing: limited.output)["idle"] == false)
            try await expectClock(router, "now", shows: "2024-06-25T02:00:00.000Z")
            let client = HTTPClient(HTTPAddress(port: try #require(UInt16(port(router)))))
            func post(_ path: String, _ body: String) async throws -> Int {
                try await client.response(
                    to: HTTPClient.Request("POST", "/_turntable/clock\(path)", body: Array(body.utf8))
                ).status
            }
            #expect(try await post("/advance", #"{"to": "2024-06-25T02:00:00Z"}"#) == 200)
            #expect(try await post("/advance", #"{"to": "2024-06-25T01:00:00Z"}"#) == 400)
            for body in ["", "[]", "{", #"{"seconds": -1}"#, #"{"seconds": "1"}"#, #"{"minutes": 1}"#] {
                #expect(try await post("/advance", body) == 400, "\(body)")
            }
            #expect(try await post("/back", "{}") == 404)
            #expect(try await post("", "{}") == 405)
        }
    }
}

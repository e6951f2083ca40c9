import FileSystem
import Foundation
import HTTPClient
import JSON
import Synchronization
import TestSupport

/// Executions per second over HTTP, of the router and of moto's server (PyPI), in turns on the same machine: the same
/// requests from the same clients. Each client starts executions one after the other; then all are asked for until they
/// have ended.
enum StatesOverHTTP {
    static let runs = 3
    static let clients = 8
    /// Executions of one run: moto takes long for each.
    static let counts = (ours: 4_000, moto: 200)

    static func measure() async throws -> [Measurement] {
        try await withTemporaryDirectory { folder in
            let router = try BenchmarkRouter(data: "\(folder)/data")
            try await router.waitUntilReady()
            guard
                let port = router.process.output.split(whereSeparator: { !$0.isNumber && $0 != ":" })
                    .compactMap({ $0.split(separator: ":").last.flatMap { UInt16($0) } }).last
            else { throw NeverHappened(description: "a port in: \(router.process.output)") }
            let ours = StatesServer(port: port)
            let moto = try await MotoServer.start()
            var samples: (ours: [Double], moto: [Double], ratio: [Double]) = ([], [], [])
            let chain = BenchmarkMachines.chain(count: 100)
            var chains: (ours: [Double], moto: [Double], ratio: [Double]) = ([], [], [])
            for run in 0..<runs {
                samples.ours.append(
                    try ours.executionsPerSecond("five-\(run)", BenchmarkMachines.five, counts.ours))
                chains.ours.append(try ours.executionsPerSecond("chain-\(run)", chain, counts.ours / 10) * 100)
                guard let moto else { continue }
                samples.moto.append(
                    try moto.states.executionsPerSecond("five-\(run)", BenchmarkMachines.five, counts.moto))
                samples.ratio.append(samples.ours[run] / samples.moto[run])
                chains.moto.append(
                    try moto.states.executionsPerSecond("chain-\(run)", chain, counts.moto / 10) * 100)
                chains.ratio.append(chains.ours[run] / chains.moto[run])
            }
            try await router.stop()
            try await moto?.stop()
            return [
                Measurement(
                    name: "over HTTP, five states", unit: "executions/s", aim: "≥ 2000", samples: samples.ours),
                Measurement(name: "  moto's server", unit: "executions/s", aim: "", samples: samples.moto),
                Measurement(name: "  ours, in moto's", unit: "×", aim: "≥ 100", samples: samples.ratio),
                Measurement(
                    name: "over HTTP, chains of 100 Pass", unit: "transitions/s", aim: "", samples: chains.ours),
                Measurement(name: "  moto's server", unit: "transitions/s", aim: "", samples: chains.moto),
                Measurement(name: "  ours, in moto's", unit: "×", aim: "≥ 100", samples: chains.ratio),
            ]
        }
    }
}

/// A server that speaks the API of Step Functions.
struct StatesServer: Sendable {
    let port: UInt16

    private func call(_ operation: String, _ members: JSONValue, on client: HTTPClient) throws -> JSONValue {
        let request = HTTPClient.Request(
            "POST", "/",
            headers: [
                ("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", "AWSStepFunctions.\(operation)"),
                // moto tells services apart by the scope of the signature, which it does not check.
                (
                    "Authorization",
                    "AWS4-HMAC-SHA256 Credential=k/20240625/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0"
                ),
            ], body: members.bytes())
        let response = try client.send(request)
        let body = try JSONValue(parsing: response.body)
        guard response.status == 200 else { throw NeverHappened(description: "\(operation): \(body.text())") }
        return body
    }

    /// Makes a state machine, and starts and asks for executions of it until all have ended.
    func executionsPerSecond(_ name: String, _ definition: String, _ count: Int) throws -> Double {
        let address = HTTPAddress(port: port)
        let made = try call(
            "CreateStateMachine",
            [
                "name": .string(name), "definition": .string(definition),
                "roleArn": "arn:aws:iam::123456789012:role/role",
            ], on: HTTPClient(address))
        let machine = made["stateMachineArn"] ?? .null
        let failure = Mutex<(any Error)?>(nil)
        let begin = ContinuousClock.now
        let ended = DispatchGroup()
        for number in 0..<StatesOverHTTP.clients {
            ended.enter()
            let thread = Thread {
                defer { ended.leave() }
                do {
                    let client = HTTPClient(address, timeout: .seconds(120))
                    var open: [JSONValue] = []
                    for index in stride(from: number, to: count, by: StatesOverHTTP.clients) {
                        // Named, since moto makes up no names.
                        let started = try call(
                            "StartExecution",
                            [
                                "stateMachineArn": machine, "input": .string(BenchmarkMachines.fiveInput),
                                "name": .string("execution-\(index)"),
                            ], on: client)
                        open.append(started["executionArn"] ?? .null)
                    }
                    while let arn = open.last {
                        let status = try call("DescribeExecution", ["executionArn": arn], on: client)["status"]
                        if status == "RUNNING" {
                            usleep(500)
                            continue
                        }
                        guard status == "SUCCEEDED" else { throw NeverHappened(description: "success: \(arn.text())") }
                        open.removeLast()
                    }
                } catch {
                    failure.withLock { $0 = error }
                }
            }
            thread.start()
        }
        ended.wait()
        if let error = failure.withLock({ $0 }) { throw error }
        return Double(count) / ((ContinuousClock.now - begin) / .seconds(1))
    }
}

/// moto's server with its interpreter of the States Language on, from a virtual environment of its own in .build/moto.
struct MotoServer {
    let process: LivingProcess
    let states: StatesServer

    /// Nil, with a word about it, when there is no moto to be had.
    static func start() async throws -> MotoServer? {
        let python = "\(Repository.root)/.build/moto/bin/python3"
        var isThere = try FileSystem.status(python) != nil
        if isThere {
            isThere = try await runProcess(python, ["-c", "import moto.server, moto.stepfunctions"]).status == 0
        }
        if !isThere {
            for arguments in [
                ["python3", "-m", "venv", "\(Repository.root)/.build/moto"],
                [
                    python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                    "moto[server,stepfunctions]",
                ],
            ] {
                let done = try await runProcess(arguments[0], Array(arguments.dropFirst()), timeout: .seconds(600))
                guard done.status == 0 else {
                    print("moto: not measured, it can't be had here: \(done.errorOutput.suffix(200))")
                    return nil
                }
            }
        }
        let port = UInt16.random(in: 20_000...30_000)
        let process = try LivingProcess(
            python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", "\(port)"],
            environment: ["MOTO_CALL_RESET_API": "false"])
        let client = HTTPClient(HTTPAddress(port: port), timeout: .seconds(5))
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let request = HTTPClient.Request(
                "POST", "/moto-api/config", headers: [("Content-Type", "application/json")],
                body: Array(#"{"stepfunctions": {"execute_state_machine": true}}"#.utf8))
            if let answer = try? client.send(request), answer.status < 300 { break }
            guard process.isRunning, ContinuousClock.now < deadline else {
                print("moto: not measured, its server does not answer: \(process.errorOutput.suffix(400))")
                return nil
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        return MotoServer(process: process, states: StatesServer(port: port))
    }

    func stop() async throws {
        process.signal(SIGTERM)
        _ = try? await process.waitForEnd(timeout: .seconds(5))
    }
}

import FileSystem
import JSON
import TestSupport
import Testing

@testable import EventRouter

/// The API held against calls that were made to AWS, in their order, with AWS's answers.
@Suite("Recorded calls of Step Functions", .timeLimit(.minutes(10)))
struct RecordedAPITests {
    struct Case: Sendable, CustomStringConvertible {
        let name: String
        let json: JSONValue

        var description: String { name }
        var steps: [JSONValue] { json["steps"]?.arrayValue ?? [] }

        /// `2023-08-04`.
        var day: String {
            let parts = (json["recordedDate"]?.stringValue ?? "").prefix { $0 != "," }.split(separator: "-")
            return parts.reversed().joined(separator: "-")
        }

        /// Why the case can't match, or can't all match.
        var exception: String? { RecordedAPITests.exceptions.first { name.contains($0.key) }?.value }
    }

    static let folder = "conformance/states-language/cases-api"

    static let cases: [Case] = {
        guard let path = Repository.shared(folder), let names = try? FileSystem.list(path) else { return [] }
        return names.filter { $0.hasSuffix(".json") }.compactMap { name in
            (try? FileSystem.readFile("\(path)/\(name)")).flatMap { try? JSONValue(parsing: $0) }
                .map { Case(name: name, json: $0) }
        }
    }()

    /// Cases whose answers differ, by a part of their name, with the reason. ``exceptionsHold`` tells when one is over.
    static let exceptions: [String: String] = [:]

    /// Objects that were there before the first call, by a part of the case's name. What they had inside was not
    /// recorded; the answers show how many lines it was.
    static let objects: [String: (bucket: String, key: String, text: String)] = [
        "test_list_map_runs_and_describe_map_run": ("test-bucket-00000001", "file.csv", "a,b\n1,2\n3,4\n")
    ]

    @Test("the cases are there, or it is said that they are not")
    func present() {
        if Self.cases.isEmpty { Repository.sharedIsMissing(Self.folder) }
    }

    @Test("each call is answered as AWS did", arguments: cases.filter { $0.exception == nil })
    func matches(recorded: Case) async throws {
        let differences = try await Self.differences(recorded)
        #expect(differences.isEmpty, "\(recorded): \(differences.joined(separator: "\n"))")
    }

    @Test(
        "a case with a reason to differ does differ", .enabled(if: !exceptions.isEmpty),
        arguments: cases.filter { $0.exception != nil })
    func exceptionsHold(recorded: Case) async throws {
        #expect(try await !Self.differences(recorded).isEmpty, "\(recorded) matches: take it off the list")
    }

    @Test("the variables that states refer to are those that AWS finds", arguments: cases)
    func variableReferences(recorded: Case) throws {
        guard let described = recorded.steps.first(where: { $0["expect"]?["definition"] != nil })?["expect"],
            let text = recorded.steps.first(where: { $0["op"] == "create_state_machine" })?["kwargs"]?["definition"]
        else { return }
        let found = VariableReferences(Array((text.stringValue ?? "").utf8)).json
        #expect(found == described["variableReferences"])
    }

    /// Makes the calls and returns where the answers are not AWS's.
    static func differences(_ recorded: Case) async throws -> [String] {
        try await withTemporaryDirectory { folder in
            let object = objects.first { recorded.name.contains($0.key) }?.value
            if let object {
                try FileSystem.createDirectories("\(folder)/buckets/\(object.bucket)")
                try FileSystem.writeFileAtomically(
                    "\(folder)/buckets/\(object.bucket)/\(object.key)", Array(object.text.utf8))
            }
            return try await StatesWorld.with(folder, hasServices: object != nil) { world in
                var found: [String] = []
                var masked = RecordedAnswer()
                var token: JSONValue?
                var mapRun: JSONValue?
                for (index, step) in recorded.steps.enumerated() {
                    // What was started before has ended, or waits for its time.
                    try await world.engine.waitUntilIdle()
                    let operation = Self.operation(step)
                    let (status, body) = try await world.call(
                        operation, Self.request(at: index, of: recorded, token: token, mapRun: mapRun))
                    token = body["nextToken"] ?? token
                    mapRun = body["mapRuns"]?[0]?["mapRunArn"] ?? mapRun
                    if let difference = Self.difference(step, status, body, recorded, &masked) {
                        found.append("step \(index + 1), \(operation): \(difference)")
                    }
                }
                return found
            }
        }
    }

    /// `create_state_machine` is CreateStateMachine.
    private static func operation(_ step: JSONValue) -> String {
        (step["op"]?.stringValue ?? "").split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined()
    }

    /// The call's parameters, with what the recording left out put back in.
    private static func request(
        at index: Int, of recorded: Case, token: JSONValue?, mapRun: JSONValue?
    ) -> JSONValue {
        let step = recorded.steps[index]
        var members = step["kwargs"]?.objectValue ?? [:]
        if members["nextToken"] != nil { members["nextToken"] = token }
        if members["mapRunArn"] != nil { members["mapRunArn"] = mapRun }
        let rest = recorded.steps[(index + 1)...]
        if members["roleArn"] != nil,
            let role = rest.first(where: { $0["op"] == "describe_state_machine" })?["expect"]?["roleArn"]?.stringValue,
            role.hasPrefix("snf_role_arn_")
        {
            // All roles were given one name; which one it was shows in what is described next.
            members["roleArn"] = .string("arn:aws:iam::111111111111:role/\(role)")
        }
        if step["op"] == "start_execution", members["name"] == nil, step["raised"] != true {
            // The calls that follow use the name that AWS made up.
            let before = recorded.steps[..<index].filter { $0["op"] == "start_execution" && $0["raised"] != true }.count
            var names: [String] = []
            for later in recorded.steps where later["raised"] != true {
                guard let arn = later["kwargs"]?["executionArn"]?.stringValue,
                    let name = arn.split(separator: ":").last.map(String.init), !names.contains(name)
                else { continue }
                names.append(name)
            }
            if before < names.count { members["name"] = .string(names[before]) }
        }
        let text = JSONValue.object(members).text().replacing(
            "logs.describe_log_groups.logGroups.0.arn",
            with: "arn:aws:logs:us-east-1:111111111111:log-group:log_group_name:*")
        return (try? JSONValue(parsing: text)) ?? .null
    }

    private static func difference(
        _ step: JSONValue, _ status: Int, _ body: JSONValue, _ recorded: Case, _ masked: inout RecordedAnswer
    ) -> String? {
        guard var expected = step["expect"]?.objectValue else {
            return step["raised"] == true && status == 200 ? "an error was expected" : nil
        }
        expected["ResponseMetadata"] = nil
        if step["raised"] == true {
            var name = expected["Error"]?["Code"]?.stringValue ?? expected["exception_typename"]?.stringValue ?? ""
            var message = expected["message"]?.stringValue
            if let text = expected["exception_value"]?.stringValue {
                message = text.firstRange(of: " operation: ").map { String(text[$0.upperBound...]) }
            }
            // The client's own check, before anything was sent.
            if name == "ParamValidationError" { (name, message) = ("ValidationException", nil) }
            guard status == 400, body["__type"]?.stringValue == name else { return "\(body.text()) is not \(name)" }
            guard let message else { return nil }
            return masked.difference(.string(message), body["message"] ?? .null)
        }
        guard status == 200, var got = body.objectValue else { return "\(status) \(body.text())" }
        // AWS has had it since 2024-07-25.
        if expected["encryptionConfiguration"] == nil, recorded.day < "2024-07-25" {
            got["encryptionConfiguration"] = nil
        }
        // What is redriven is counted since 2023-11-15.
        if expected["executionCounts"] != nil, recorded.day < "2023-11-15" {
            got["redriveCount"] = nil
            for counts in ["executionCounts", "itemCounts"] {
                var members = got[counts]?.objectValue ?? [:]
                for name in ["failuresNotRedrivable", "pendingRedrive"] { members[name] = nil }
                got[counts] = .object(members)
            }
        }
        return masked.difference(.object(expected), .object(got))
    }
}

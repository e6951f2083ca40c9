import JSON

@testable import EventRouter

/// State machines of these tests.
enum Machines {
    static func lambda(_ name: String) -> String { "arn:aws:lambda:us-east-1:000000000000:function:\(name)" }

    static func definition(_ name: String, _ json: String) -> MachineDefinition {
        MachineDefinition(
            arn: "arn:aws:states:us-east-1:000000000000:stateMachine:\(name)",
            roleARN: "arn:aws:iam::000000000000:role/\(name)", bytes: Array(json.utf8), file: "\(name).asl.json")
    }

    /// One task after the other.
    static let chain = definition(
        "chain",
        """
        {"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "\(lambda("a"))", "Next": "B"},
            "B": {"Type": "Task", "Resource": "\(lambda("b"))", "Next": "C"},
            "C": {"Type": "Task", "Resource": "\(lambda("c"))", "End": true}}}
        """)

    /// A wait of ten minutes between two tasks, the second of which is tried again after 5 s.
    static let waiting = definition(
        "waiting",
        """
        {"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "\(lambda("a"))", "Next": "W"},
            "W": {"Type": "Wait", "Seconds": 600, "Next": "B"},
            "B": {"Type": "Task", "Resource": "\(lambda("b"))", "End": true,
                "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 5, "MaxAttempts": 2, "BackoffRate": 1}]}}}
        """)

    /// A task whose error is final.
    static let failing = definition(
        "failing",
        """
        {"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "\(lambda("a"))", "Next": "F"},
            "F": {"Type": "Fail", "Error": "ValidationFailed", "Cause": "bad rows"}}}
        """)

    /// No task at all.
    static let pass = definition(
        "pass", #"{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}"#)

    static let all = [chain, waiting, failing, pass]
}

/// An ARN of Step Functions, taken apart: `arn:aws:states:us-east-1:000000000000:stateMachine:NAME:1`.
struct StatesARN: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable, CaseIterable {
        case stateMachine, execution, express, activity, mapRun
    }

    let text: String
    let kind: Kind
    /// What is before the kind, with its colon.
    let account: String
    /// What follows the kind: a name and what qualifies it.
    let parts: [String]

    /// - Parameter kinds: Those that the operation takes.
    /// - Throws: ``StatesError`` `InvalidArn`, naming the part that is wrong.
    init(_ text: String, _ kinds: Kind...) throws(StatesError) { try self.init(text, kinds: kinds) }

    init(_ text: String, kinds: [Kind]) throws(StatesError) {
        let all = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard all[0] == "arn", all.count > 1 else { throw .invalidARN("Invalid ARN prefix: \(text)") }
        guard all.count >= 7, !all[1].isEmpty, all[2] == "states", !all[6].isEmpty else {
            throw .invalidARN("Invalid ARN: \(text)")
        }
        guard let kind = Kind(rawValue: all[5]), kinds.contains(kind) else {
            throw .invalidARN("Resource type not valid in this context: \(all[5])")
        }
        self.text = text
        self.kind = kind
        account = all[..<5].joined(separator: ":") + ":"
        parts = Array(all[6...])
        let counts = kind == .stateMachine ? 1...2 : kind == .execution ? 2...2 : kind == .express ? 3...3 : 1...2
        guard counts.contains(parts.count), !parts.contains("") else { throw .invalidARN("Invalid ARN: \(text)") }
        // A run is one of a Map, which has a label.
        if kind == .mapRun, parts.count < 2 || label?.isEmpty ?? true { throw .invalidARN("Invalid ARN: \(text)") }
    }

    /// The state machine's own ARN, of itself, a version, an alias or an execution; without a label.
    var machineARN: String { "\(account)stateMachine:\(parts[0].prefix { $0 != "/" })" }

    /// The version's number or the alias' name behind a state machine's ARN.
    var qualifier: String? { kind == .stateMachine && parts.count == 2 ? parts[1] : nil }

    /// The number of the version that it names, if it is one's ARN.
    var version: Int? { qualifier.flatMap { StatesARN.versionNumber($0) } }

    /// The name of the alias that it names, if it is one's ARN.
    var alias: String? { version == nil ? qualifier : nil }

    /// The label of a Map state: `stateMachine:NAME/LABEL`.
    var label: String? {
        guard let slash = parts[0].firstIndex(of: "/") else { return nil }
        return String(parts[0][parts[0].index(after: slash)...])
    }

    /// The state machine's ARN with the label, as executions have it: children of distributed Maps have one of their own.
    var labelledMachineARN: String { "\(account)stateMachine:\(parts[0])" }

    /// The execution's name within its state machine, as it is recorded.
    var executionName: String { parts.dropFirst().joined(separator: ":") }

    private static func versionNumber(_ text: String) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }
}

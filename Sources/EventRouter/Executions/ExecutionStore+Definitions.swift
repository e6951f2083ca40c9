import SQLite
package import StatesLanguage

/// A definition as the store keeps it.
package struct StoredDefinition: Sendable, Hashable {
    package var digest: String
    package var bytes: [UInt8]
    /// Where it was written: for messages.
    package var file: String
}

extension ExecutionStore {
    /// Returns the ARNs of state machines that are there or have executions, in their order.
    package func machineARNs() throws(ExecutionError) -> [String] {
        try reporting("read") {
            var found: [String] = []
            let machines = try hasMachines() ? " UNION SELECT arn FROM machines" : ""
            try database.rows("SELECT DISTINCT machine FROM executions\(machines) ORDER BY 1") { row in
                found.append(row.text(0))
            }
            return found
        }
    }

    /// Returns a state machine's definition, and its kind; of one that is not there any more that of its last execution.
    package func currentDefinition(
        of machineARN: String
    ) throws(ExecutionError) -> (definition: StoredDefinition, kind: StateMachineType)? {
        try reporting("read") {
            let columns = "digest, bytes, file"
            if try hasMachines(),
                let found = try database.firstRow(
                    "SELECT \(columns), kind FROM machines JOIN definitions ON digest = definition WHERE arn = ?",
                    [.text(machineARN)],
                    {
                        (
                            StoredDefinition(digest: $0.text(0), bytes: $0.blob(1), file: $0.text(2)),
                            StateMachineType(rawValue: $0.text(3)) ?? .standard
                        )
                    })
            {
                return found
            }
            return try database.firstRow(
                """
                SELECT \(columns), name FROM executions JOIN definitions ON digest = definition WHERE machine = ?
                ORDER BY id DESC LIMIT 1
                """, [.text(machineARN)]
            ) {
                (
                    StoredDefinition(digest: $0.text(0), bytes: $0.blob(1), file: $0.text(2)),
                    $0.text(3).contains(":") ? .express : .standard
                )
            }
        }
    }

    /// The digest of the definition that an execution runs: nil when there is no such execution.
    package func definitionDigest(of execution: ExecutionRecord) throws(ExecutionError) -> String? {
        try reporting("read") {
            try database.firstRow(
                "SELECT definition FROM executions WHERE id = ?", [.integer(execution.number)]
            ) { $0.text(0) }
        }
    }

    /// Returns a definition by its digest; nil when it is not kept.
    package func storedDefinition(_ digest: String) throws(ExecutionError) -> StoredDefinition? {
        try definition(digest).map { StoredDefinition(digest: digest, bytes: $0.bytes, file: $0.file) }
    }

    /// Replays an execution for what its history does not hold: the child executions of distributed Maps.
    ///
    /// The execution's inputs are in memory meanwhile; histories are not.
    ///
    /// - Parameter observe: Is shown each step of a child.
    /// - Throws: ``ExecutionError`` when the execution is gone, or was run by another version so that its inputs do not
    ///   give its history.
    package func replayChildren(
        of execution: ExecutionRecord, machine: StateMachine, _ observe: @Sendable (ChildStep) -> Void
    ) throws(ExecutionError) {
        guard let recorded = try endedExecution(execution.arn) else {
            throw ExecutionError(.storage, "the execution \(execution.arn) is gone")
        }
        _ = try ExecutionEngine.replay(recorded, machine: machine) { step in
            for child in step.children { observe(child) }
        }
    }

    /// Whether the file has the tables of state machines: one that a reader opens may be of an earlier layout.
    private func hasMachines() throws -> Bool { try database.integer("PRAGMA user_version") ?? 0 >= 2 }
}

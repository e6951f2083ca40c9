import Clocks
import JSON
import StatesLanguage

/// Transitions per second of the States Language's reducer: executions of 8,000 Pass states in a loop of Pass and Choice,
/// with their histories made as values. Not measured: writing them down.
enum ReducerTransitions {
    static let runs = 20
    static let definition = #"""
        {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "C"},
          "C": {"Type": "Choice", "Choices": [{"Variable": "$.go", "BooleanEquals": true, "Next": "A"}], "Default": "D"},
          "D": {"Type": "Succeed"}}}
        """#

    static func measure() async throws -> [Measurement] {
        let machine = try StateMachine.parse(Array(definition.utf8), file: "benchmark")
        let identity = ExecutionIdentity(
            arn: "arn:aws:states:us-east-1:000000000000:execution:m:e", name: "e",
            stateMachineARN: "arn:aws:states:us-east-1:000000000000:stateMachine:m", stateMachineName: "m", roleARN: "r"
        )
        let time = Timestamp(secondsSinceEpoch: 1_719_309_600)
        var samples: [Double] = []
        for _ in 0..<runs {
            let start = ContinuousClock.now
            var transitions = 0
            for _ in 0..<10 {
                // The loop ends at the history's limit of 25,000 events.
                var execution = Execution(machine: machine, identity: identity, input: ["go": true], seed: 1)
                let step = execution.start(at: time)
                transitions += step.events.count { $0.type.hasSuffix("StateExited") }
            }
            samples.append(Double(transitions) / ((ContinuousClock.now - start) / .seconds(1)))
        }
        return [Measurement(name: "reducer, Pass and Choice", unit: "transitions/s", aim: "≥ 500000", samples: samples)]
    }
}

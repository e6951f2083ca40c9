@testable import StatesLanguage

extension InProcessDriver {
    static let identity = ExecutionIdentity(
        arn: "arn:aws:states:us-east-1:111111111111:execution:machine:run", name: "run",
        stateMachineARN: "arn:aws:states:us-east-1:111111111111:stateMachine:machine", stateMachineName: "machine",
        roleARN: "arn:aws:iam::111111111111:role/role")

    /// Express executions have names of their own in ARNs.
    static let expressIdentity = ExecutionIdentity(
        arn: "arn:aws:states:us-east-1:111111111111:express:machine:run:1", name: "run",
        stateMachineARN: identity.stateMachineARN, stateMachineName: identity.stateMachineName,
        roleARN: identity.roleARN)

    init() { self.init(identity: Self.identity) }
}

import StatesLanguage

extension ExecutionEngine.Running {
    /// Counts the calls that a replayed step asked for.
    mutating func count(_ step: Step) {
        guard testCase != nil else { return }
        for case .startTask(let request) in step.commands { callCounts[request.state, default: 0] += 1 }
    }
}

extension ExecutionEngine {
    /// The mocked answer to a task of an execution that was started as a test case; nil when the task is to be done.
    func mockedAnswer(to request: TaskRequest, of number: Int64) -> ExecutionInput? {
        guard let execution = running[number], let testCase = execution.testCase, let mocks else { return nil }
        let attempt = execution.callCounts[request.state, default: 0]
        running[number]?.callCounts[request.state] = attempt + 1
        let identity = execution.reducer.identity
        let answer = mocks.answer(
            to: request, of: execution.reducer.machine, machine: identity.stateMachineName, testCase: testCase,
            attempt: attempt)
        switch answer {
        case nil: return nil
        case .payload(let text)?: return .taskSucceeded(request.token, payload: text)
        case .failure(let error)?: return .taskFailed(request.token, error)
        }
    }
}

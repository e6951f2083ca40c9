extension InProcessDriver {
    /// Has a test case of a mock configuration play the tasks; those it leaves alone hang.
    package mutating func use(
        _ mocks: MockConfiguration, of definition: StateMachine, machine: String, testCase: String
    ) {
        var attempts: [String: Int] = [:]
        hasPlainAnswers = true
        functions = { request in
            let attempt = attempts[request.state, default: 0]
            attempts[request.state] = attempt + 1
            let answer = mocks.answer(
                to: request, of: definition, machine: machine, testCase: testCase, attempt: attempt)
            switch answer {
            case .payload(let text)?: return .payload(text)
            case .failure(let error)?: return .failure(error)
            case nil: return .none
            }
        }
    }
}

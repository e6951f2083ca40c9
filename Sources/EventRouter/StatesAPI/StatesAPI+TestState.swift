import Clocks
import JSON
import StatesLanguage
import Template

extension StatesAPI {
    /// TestState: one state tried alone. Functions and services that it asks for are the router's own.
    func testState(_ parameters: StatesParameters) async throws -> JSONValue {
        do throws(StateTestError) {
            var test = try StateTest(request: .object(parameters.all))
            var progress = try test.start(
                at: clock.now, region: account.region, account: account.accountID, seed: entropy.next())
            while true {
                switch progress {
                case .done(let response): return response
                case .task(let request): progress = try test.resume(await answer(to: request))
                }
            }
        } catch {
            throw StatesError(error.code, error.message)
        }
    }

    private func answer(to request: TaskRequest) async -> StateTest.Answer {
        switch await engine.perform(request) {
        case .taskSucceeded(_, let payload)?: .payload(payload)
        case .taskFailed(_, let error)?: .failure(error)
        default:
            .failure(
                StateError(
                    "States.Runtime",
                    cause: "The state '\(request.state)' waits for what a test does not wait for: mock it"))
        }
    }
}

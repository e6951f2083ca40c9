extension StateMachine {
    /// The service integrations that the machine's states ask for, with the states' names, those inside Parallel and Map
    /// states included.
    package var integrations: [(state: String, integration: ServiceIntegration)] {
        var found: [(state: String, integration: ServiceIntegration)] = []
        var open = [states]
        while let group = open.popLast() {
            for (name, state) in group.states.sorted(by: { $0.key < $1.key }) {
                switch state.kind {
                case .task(let task): if case .service(let service) = task.resource { found.append((name, service)) }
                case .parallel(let parallel): open += parallel.branches
                case .map(let map): open.append(map.processor)
                default: break
                }
            }
        }
        return found
    }
}

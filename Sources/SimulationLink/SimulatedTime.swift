package import Clocks

/// The simulator's time, which stands still while a function works.
package struct SimulatedClock: WallClock {
    private let link: SimulationLink

    package init(_ link: SimulationLink) { self.link = link }

    package var now: Timestamp { link.now }

    package func sleep(until deadline: Timestamp) async throws {
        try Task.checkCancellation()
        if deadline > now { link.sleep(until: deadline) }
        try Task.checkCancellation()
    }
}

/// Numbers that depend on the invocation alone.
package struct SimulatedEntropy: Entropy {
    private let link: SimulationLink

    package init(_ link: SimulationLink) { self.link = link }

    package func next() -> UInt64 { link.nextRandom() }
}

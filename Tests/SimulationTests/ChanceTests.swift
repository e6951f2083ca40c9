import Clocks
import Testing

@testable import Simulation

@Suite("Chance")
struct ChanceTests {
    @Test("a duration is within its bounds, whatever the name")
    func durations() {
        let chance = Chance(seed: 7)
        for number in 0..<10_000 {
            let length = chance.duration("\(number)", from: .milliseconds(1), to: .seconds(86_400))
            #expect(length >= .milliseconds(1) && length <= .seconds(86_400))
        }
        #expect(chance.duration("x", from: .seconds(1), to: .seconds(1)) == .seconds(1))
    }

    @Test("fractions are spread evenly, and depend on seed and name")
    func fractions() {
        let values = (0..<20_000).map { Chance(seed: 3).fraction("site \($0)") }
        for tenth in 0..<10 {
            let count = values.count { $0 >= Double(tenth) / 10 && $0 < Double(tenth + 1) / 10 }
            #expect((1_800...2_200).contains(count), "\(tenth): \(count)")
        }
        #expect(Chance(seed: 3).bits("a") == Chance(seed: 3).bits("a"))
        #expect(Chance(seed: 3).bits("a") != Chance(seed: 4).bits("a"))
        #expect(Chance(seed: 3).bits("a") != Chance(seed: 3).bits("b"))
    }

    @Test("a fault is read as it is spelled")
    func spelling() {
        for kind in FaultKind.allCases {
            let fault = Fault(kind: kind, site: "etl of streams/a@b.csv #2/7")
            #expect(Fault(fault.description) == fault)
        }
        #expect(Fault("crash") == nil)
        #expect(Fault("nothing@there") == nil)
    }
}

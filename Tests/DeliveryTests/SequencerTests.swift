import Clocks
import Testing

@testable import Delivery

@Suite struct SequencerTests {
    @Test(
        "are compared with the shorter padded with zeros on the right",
        arguments: [
            ("0", "1", true), ("1", "0", false), ("A", "B", true), ("a", "B", true), ("9", "A", true),
            ("1", "10", false),
            ("1", "11", true), ("2", "11", false), ("", "0", false), ("0055AED6DCD90281E5", "0055AED6DCD90281E6", true),
            ("0055AED6DCD90281E5", "0055AED6DCD90281E5", false),
        ])
    func order(left: String, right: String, expected: Bool) {
        #expect(Sequencer.isOrdered(left, before: right) == expected)
    }

    @Test("grow, also within a microsecond, when the clock goes back, and over a restart")
    func growth() {
        var source = SequencerSource()
        let time = Timestamp(secondsSinceEpoch: 1_719_309_600)
        var all = (0..<40).map { _ in source.next(at: time) }
        all.append(source.next(at: time - .seconds(60)))
        var next = SequencerSource(last: source.last)
        all.append(next.next(at: time - .seconds(60)))
        var fresh = SequencerSource()
        all.append(fresh.next(at: time + .microseconds(3)))
        #expect(all.allSatisfy { $0.utf8.count == 18 && $0.allSatisfy(\.isHexDigit) })
        for (earlier, later) in zip(all, all.dropFirst()) { #expect(Sequencer.isOrdered(earlier, before: later)) }
    }
}

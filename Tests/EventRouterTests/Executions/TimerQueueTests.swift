import Clocks
import Testing

@testable import EventRouter

@Suite("TimerQueue")
struct TimerQueueTests {
    func at(_ seconds: Int) -> Timestamp { Timestamp(secondsSinceEpoch: Double(seconds)) }

    @Test("Keys come in the order of their deadlines, equal ones in the order in which they were set")
    func order() {
        var queue = TimerQueue<String>()
        for (key, deadline) in [("c", 3), ("a", 1), ("b", 2), ("b2", 2), ("d", 9)] { queue.set(key, at: at(deadline)) }
        queue.remove("a")
        queue.remove("never")
        #expect(queue.nextDeadline() == at(2))
        #expect(queue.popDue(at: at(1)) == nil)
        #expect(queue.popDue(at: at(3)) == "b")
        #expect(queue.popDue(at: at(3)) == "b2")
        #expect(queue.popDue(at: at(3)) == "c")
        #expect(queue.popDue(at: at(3)) == nil)
        #expect(queue.count == 1)
    }

    @Test("A deadline that is set anew replaces the old one")
    func replaced() {
        var queue = TimerQueue<String>()
        queue.set("a", at: at(1))
        queue.set("a", at: at(5))
        #expect(queue.popDue(at: at(4)) == nil)
        #expect(queue.popDue(at: at(5)) == "a")
        #expect(queue.isEmpty)
        #expect(queue.nextDeadline() == nil)
    }

    @Test("Agrees with a sorted list over ten thousand random operations")
    func model() {
        let entropy = SeededEntropy(seed: 7)
        var queue = TimerQueue<Int>()
        var model: [Int: (deadline: Timestamp, order: Int)] = [:]
        for order in 0..<10_000 {
            let key = Int(entropy.next() % 200)
            switch entropy.next() % 4 {
            case 0, 1:
                let deadline = at(Int(entropy.next() % 1_000))
                queue.set(key, at: deadline)
                model[key] = (deadline, order)
            case 2:
                queue.remove(key)
                model[key] = nil
            default:
                let now = at(Int(entropy.next() % 1_000))
                let due = model.filter { $0.value.deadline <= now }
                    .min { ($0.value.deadline, $0.value.order) < ($1.value.deadline, $1.value.order) }?.key
                #expect(queue.popDue(at: now) == due)
                if let due { model[due] = nil }
            }
            #expect(queue.count == model.count)
            #expect(queue.nextDeadline() == model.values.map(\.deadline).min())
        }
    }
}

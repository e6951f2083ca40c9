import Clocks
import JSON
import Testing

@testable import Delivery

private func object(_ key: String, _ size: Int = 1, _ modified: Int64 = 1, _ tag: String? = nil) -> SensedObject {
    SensedObject(key: key, byteCount: size, modifiedNanoseconds: modified, eTag: tag)
}

@Suite struct SensorStateTests {
    @Test("a file is announced at the second poll that finds it unchanged, and once")
    func settles() {
        var sensor = SensorState()
        #expect(sensor.observe([object("a")]) == [])
        #expect(sensor.isUnsettled)
        #expect(sensor.observe([object("a")]) == [object("a")])
        #expect(!sensor.isUnsettled)
        #expect(sensor.observe([object("a")]) == [])
    }

    @Test("a file that grows, or is rewritten with the same size, is not announced until it rests")
    func grows() {
        var sensor = SensorState()
        for poll in 1...4 { #expect(sensor.observe([object("a", poll, Int64(poll))]) == []) }
        #expect(sensor.observe([object("a", 4, 5)]) == [])
        #expect(sensor.observe([object("a", 4, 5)]) == [object("a", 4, 5)])
    }

    @Test("each version of a file is announced")
    func versions() {
        var sensor = SensorState()
        let polls = [object("a", 1, 1), object("a", 1, 1), object("a", 2, 2), object("a", 2, 2), object("a", 2, 2)]
        #expect(polls.map { sensor.observe([$0]).count } == [0, 1, 0, 1, 0])
    }

    @Test("an ETag tells versions apart where both polls have one")
    func tags() {
        var sensor = SensorState()
        _ = sensor.observe([object("a", 1, 1, "x")])
        #expect(sensor.observe([object("a", 1, 1, "y")]) == [])
        #expect(sensor.observe([object("a", 1, 1)]).map(\.key) == ["a"])
    }

    @Test("arrivals come in the order of their keys' bytes, and what is gone is forgotten")
    func order() {
        var sensor = SensorState()
        let keys = ["b", "a", "é", "Z"]
        _ = sensor.observe(keys.map { object($0) })
        #expect(sensor.observe(keys.map { object($0) }).map(\.key) == ["Z", "a", "b", "é"])
        #expect(sensor.count == 4)
        #expect(sensor.observe([]) == [])
        #expect(sensor.count == 0)
        _ = sensor.observe([object("a")])
        #expect(sensor.observe([object("a")]).map(\.key) == ["a"])
    }

    @Test("goes on after a restart as if there had been none")
    func restart() throws {
        let entropy = SeededEntropy(seed: 5)
        var steady = SensorState()
        var restarted = SensorState()
        var announced = 0
        for _ in 0..<400 {
            let listing = ["a", "b", "c"].filter { _ in entropy.next() % 4 > 0 }.map {
                object(
                    $0, Int(entropy.next() % 2), Int64.max - Int64(entropy.next() % 2),
                    entropy.next() % 2 == 0 ? nil : "t")
            }
            restarted = try #require(SensorState(json: JSONValue(parsing: restarted.json.bytes())))
            let arrivals = steady.observe(listing)
            announced += arrivals.count
            #expect(restarted.observe(listing) == arrivals)
        }
        #expect(announced > 20)
    }

    @Test(
        "what is no state is not read as one",
        arguments: ["{}", "[[]]", #"[["a",1,1,null]]"#, #"[["a","1",1,null,true]]"#])
    func unreadable(json: String) throws {
        #expect(try SensorState(json: JSONValue(parsing: json)) == nil)
    }
}

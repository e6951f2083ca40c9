import Testing

@testable import Delivery

@Suite("Lineage")
struct LineageTests {
    @Test("Counts go on from header to header, and what else the header says stays")
    func counts() throws {
        var lineage = Lineage(header: "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
        for _ in 0..<3 { lineage = Lineage(header: lineage.adding("arn:one").header) }
        lineage = Lineage(header: lineage.adding("arn:two").header)
        #expect(lineage.count(of: "arn:one") == 3)
        #expect(lineage.count(of: "arn:two") == 1)
        #expect(lineage.count(of: "arn:three") == 0)
        let header = try #require(lineage.header)
        #expect(header.hasPrefix("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1;Lineage="))
        #expect(Lineage(header: header) == lineage)
    }

    @Test(
        "What is no lineage counts nothing",
        arguments: [
            nil, "", "Root=1", "Lineage=", "Lineage=x", "Lineage=:;", "Lineage=a:b", "Lineage=a:-1", ";;Lineage",
        ])
    func malformed(header: String?) {
        #expect(Lineage(header: header).count(of: "arn:one") == 0)
    }

    @Test("A header of AWS's with a counter of all calls is read")
    func counter() throws {
        let hash = try #require(Lineage(header: nil).adding("arn:one").header?.split(separator: "=").last)
            .split(separator: ":")[0]
        #expect(Lineage(header: "Lineage=25:\(hash):7").count(of: "arn:one") == 7)
    }

    @Test("A header names a bounded number of functions")
    func bounded() {
        var lineage = Lineage(header: nil)
        for number in 0..<100 { lineage = lineage.adding("arn:\(number)") }
        #expect(lineage.header?.split(separator: "|").count == Lineage.entryLimit)
    }
}

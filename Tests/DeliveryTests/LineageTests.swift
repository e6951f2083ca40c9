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

    @Test("A header as botocore escapes it is read")
    func escaped() throws {
        let header = try #require(Lineage(header: nil).adding("arn:one").adding("arn:two").adding("arn:two").header)
        let escaped = Lineage(header: header.replacing("|", with: "%7C"))
        #expect(escaped.count(of: "arn:one") == 1)
        #expect(escaped.count(of: "arn:two") == 2)
        #expect(!escaped.hasRoot)
    }

    @Test("The call after the limit is a loop")
    func loop() {
        var lineage = Lineage(header: nil)
        for _ in 0..<Lineage.limit {
            #expect(!lineage.isLoop(through: "arn:one"))
            lineage = lineage.adding("arn:one")
        }
        #expect(lineage.isLoop(through: "arn:one"))
        #expect(!lineage.isLoop(through: "arn:two"))
    }

    @Test("A header names a bounded number of functions")
    func bounded() {
        var lineage = Lineage(header: nil)
        for number in 0..<100 { lineage = lineage.adding("arn:\(number)") }
        #expect(lineage.header?.split(separator: "|").count == Lineage.entryLimit)
    }
}

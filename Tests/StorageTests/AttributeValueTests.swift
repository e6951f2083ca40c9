import Digest
import JSON
import Testing

@testable import Storage

@Suite("AttributeValue")
struct AttributeValueTests {
    @Test("typed JSON is DynamoDB's, names in the order of their bytes")
    func typedJSON() throws {
        let item: Item = [
            "b": .binary([0, 1, 254, 255]), "a": .int(-3), "l": .list(["x", .null, true]),
            "m": .map(["k": .number("1.50")]),
        ]
        let text =
            #"{"a":{"N":"-3"},"b":{"B":"AAH+/w=="},"l":{"L":[{"S":"x"},{"NULL":true},{"BOOL":true}]},"m":{"M":{"k":{"N":"1.50"}}}}"#
        #expect(item.typedJSON.text() == text)
        let read = try Item(typedJSON: JSONValue(parsing: text))
        #expect(read == item)
    }

    @Test(
        "what is no typed JSON is refused",
        arguments: [
            "1", "{}", #"{"S":1}"#, #"{"N":1}"#, #"{"N":"x"}"#, #"{"S":"a","N":"1"}"#, #"{"SS":[]}"#,
            #"{"SS":["a","a"]}"#, #"{"SS":[1]}"#,
            #"{"NS":["1","1.0"]}"#, #"{"BS":["AA"]}"#,
            #"{"NULL":false}"#,
            #"{"B":"*"}"#, #"{"B":"AA"}"#, #"{"B":"AB=="}"#, #"{"L":[1]}"#, #"{"M":{"a":1}}"#, #"{"BOOL":"true"}"#,
        ])
    func refused(text: String) throws {
        let json = try JSONValue(parsing: text)
        #expect(AttributeValue(typedJSON: json) == nil)
    }

    @Test("sets are written ascending and read in any order")
    func sets() throws {
        let item: Item = [
            "s": .set(["b", "a"]), "n": .set([10, 9, .number("-1")]), "b": .set([.binary([1]), .binary([0, 2])]),
        ]
        let text = #"{"b":{"BS":["AAI=","AQ=="]},"n":{"NS":["-1","9","10"]},"s":{"SS":["a","b"]}}"#
        #expect(item.typedJSON.text() == text)
        let turned = #"{"b":{"BS":["AQ==","AAI="]},"n":{"NS":["10","-1.0","9"]},"s":{"SS":["b","a"]}}"#
        let read = try Item(typedJSON: JSONValue(parsing: turned))
        #expect(read == item)
        #expect(["b", "n", "s"].compactMap { item[$0]?.typeTag } == ["BS", "NS", "SS"])
    }

    @Test("base64 reads what it writes, for every length and byte")
    func base64() {
        for count in 0..<260 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
    }

    @Test("equal values hash alike whatever the spelling")
    func hashing() {
        #expect(AttributeValue.number("1.0").hashValue == AttributeValue.number("1").hashValue)
        #expect(Set<AttributeValue>([.number("1e2"), .number("100"), .int(100)]).count == 1)
        #expect(AttributeValue.number("1") != "1")
    }
}

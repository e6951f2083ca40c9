import JSON
import Testing

@testable import Delivery

@Suite("MessageAttribute")
struct MessageAttributeTests {
    @Test("The digest is that of AWS's example: names, types and values with their lengths, by name")
    func digest() {
        // Computed by botocore's peers for one attribute "a" = String "b".
        #expect(MessageAttribute.digest(of: [:]) == nil)
        let one = MessageAttribute.digest(of: ["a": .string("b")])
        let two = MessageAttribute.digest(of: ["a": .string("b"), "c": .number(1)])
        #expect(one?.count == 32)
        #expect(one != two)
        #expect(two == MessageAttribute.digest(of: ["c": .number(1), "a": .string("b")]))
    }

    @Test(
        "What is no attribute is none",
        arguments: [
            #"{}"#, #"{"DataType": "String"}"#, #"{"DataType": "Binary", "BinaryValue": "%"}"#,
            #"{"DataType": "List", "StringValue": "x"}"#, #"{"DataType": "", "StringValue": "x"}"#,
        ])
    func malformed(json: String) throws {
        #expect(MessageAttribute(json: try JSONValue(parsing: json)) == nil)
    }

    @Test(
        "An attribute is the same after it was written and read",
        arguments: [
            MessageAttribute.string("ü"), .number(-3),
            MessageAttribute(dataType: "Binary.gif", value: .binary([0, 255])),
        ])
    func roundTrip(attribute: MessageAttribute) {
        #expect(MessageAttribute.all(in: MessageAttribute.json(["x": attribute])) == ["x": attribute])
    }
}

import Clocks
import JSON
import Testing

@testable import Delivery

@Suite struct InputTransformerTests {
    private let event: JSONValue = [
        "detail": ["key": "a \"b\".csv", "size": 12, "tags": ["x", "y"], "odd.name": 1], "id": "e1",
    ]

    @Test(
        "a path leads to a part of the event",
        arguments: [
            ("$", nil), ("$.id", #""e1""#), ("$.detail.tags[1]", #""y""#), ("$.detail['odd.name']", "1"),
            ("$['id']", #""e1""#),
        ])
    func path(path: String, expected: String?) throws {
        let value = try #require(EventPath(path)?.value(in: event))
        #expect(value == (try expected.map { try JSONValue(parsing: $0) } ?? event))
    }

    @Test(
        "a path that leads nowhere gives nothing",
        arguments: ["$.nothing", "$.id.x", "$.detail.tags[2]", "$.detail[0]"])
    func nowhere(path: String) throws {
        #expect(try #require(EventPath(path)).value(in: event) == nil)
    }

    @Test(
        "other texts are no paths",
        arguments: ["", "id", "$.", "$id", "$..id", "$.*", "$.a[*]", "$.a[", "$.a[-1]", "$['']"])
    func noPath(path: String) {
        #expect(EventPath(path) == nil)
    }

    @Test(
        "variables become JSON outside of quotes and text within",
        arguments: [
            (#"{"k": <key>, "s": <size>}"#, #"{"k": "a \"b\".csv", "s": 12}"#),
            (#""<key> has <size> bytes, <tags>""#, #""a \"b\".csv has 12 bytes, [\"x\",\"y\"]""#),
            (#"{"none": <none>, "text": "<none>"}"#, #"{"none": "", "text": ""}"#),
            (
                #"{"rule": "<aws.events.rule-name>", "at": <aws.events.event.ingestion-time>}"#,
                #"{"rule": "r", "at": "2024-06-25T10:00:00.000Z"}"#
            ),
            (#"{"q": "say \"<size>\""}"#, #"{"q": "say \"12\""}"#), ("1 < 2 > 1", "1 < 2 > 1"),
        ])
    func transforms(template: String, expected: String) throws {
        let transformer = try InputTransformer(
            paths: ["key": "$.detail.key", "size": "$.detail.size", "tags": "$.detail.tags", "none": "$.none"],
            template: template)
        let context = InputTransformer.Context(
            ruleARN: "arn", ruleName: "r", ingestionTime: Timestamp(secondsSinceEpoch: 1_719_309_600))
        #expect(String(decoding: transformer.input(for: event, context), as: UTF8.self) == expected)
    }

    @Test("unknown variables and paths are refused")
    func refused() {
        let unknown = #expect(throws: DeliveryError.self) { try InputTransformer(paths: [:], template: "<x>") }
        #expect(unknown?.code == .unknownVariable)
        let path = #expect(throws: DeliveryError.self) {
            try InputTransformer(paths: ["x": "y"], template: "<x>")
        }
        #expect(path?.code == .invalidPath)
    }
}

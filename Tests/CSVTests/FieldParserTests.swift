import Testing

@testable import CSV

@Suite("Fields without strings")
struct FieldParserTests {
    @Test(
        "integers",
        arguments: [
            ("0", 0), ("-7", -7), ("+7", 7), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("99999999999999999999", nil), ("", nil),
            ("-", nil),
            ("1 ", nil), ("1.0", nil), ("0x1", nil), ("٣", nil),
        ] as [(String, Int64?)])
    func integers(text: String, expected: Int64?) {
        let bytes = Array(text.utf8)
        #expect(FieldParser.int64(bytes.span) == expected)
    }

    @Test(
        "times",
        arguments: [
            ("1970-01-01 00:00:00", 0), ("2024-06-25 10:00:00", 1_719_309_600_000_000),
            ("2024-06-25T10:00:00Z", 1_719_309_600_000_000),
            ("2024-06-25 10:00:00.5", 1_719_309_600_500_000), ("2024-02-29 00:00:00", 1_709_164_800_000_000),
            ("2024-02-30 10:00:00", nil), ("2023-02-29 10:00:00", nil), ("2024-13-01 00:00:00", nil),
            ("2024-01-01 24:00:00", nil),
            ("2024-01-01", nil), ("2024-01-01 00:00:00 ", nil), ("2024-01-01 00:00:00.", nil), ("", nil),
            ("2024/01/01 00:00:00", nil),
        ] as [(String, Int64?)])
    func times(text: String, expected: Int64?) {
        let bytes = Array(text.utf8)
        #expect(FieldParser.timestampMicroseconds(bytes.span) == expected)
    }
}

import JSON
import Testing

@testable import JSONata

@Suite("Pictures of numbers, dates and times")
struct PictureTests {
    @Test(
        "$formatInteger and $parseInteger undo each other",
        arguments: [
            (1_234_567, "#,##0", "1,234,567"), (7, "000", "007"), (3_999, "I", "MMMCMXCIX"), (44, "i", "xliv"),
            (28, "A", "AB"), (703, "a", "aaa"), (21, "0;o", "21st"), (12, "0;o", "12th"), (103, "0;o", "103rd"),
            (111, "#,##0;o", "111th"), (2_042, "w", "two thousand and forty-two"),
            (999_001, "W", "NINE HUNDRED AND NINETY-NINE THOUSAND AND ONE"),
            (1_000_000, "Ww", "One Million"), (40, "w;o", "fortieth"), (345, "w;o", "three hundred and forty-fifth"),
            (1_000, "w;o", "one thousandth"), (12_345, "0'00'00", "1'23'45"), (65, "٠٠٠", "٠٦٥"),
        ] as [(Int, String, String)])
    func integers(value: Int, picture: String, text: String) throws {
        let bindings: [String: JSONValue] = ["n": .int(value), "p": .string(picture), "t": .string(text)]
        #expect(try evaluate("$formatInteger($n,$p)", bindings: bindings) == .string(text))
        #expect(try evaluate("$parseInteger($t,$p)", bindings: bindings) == .int(value))
    }

    @Test(
        "$formatInteger at its edges",
        arguments: [
            ("$formatInteger(-5,'w')", #""-five""#), ("$formatInteger(0,'I')", #""""#),
            ("$formatInteger(1.9,'0')", #""1""#),
            ("$formatInteger(1,'Β')", "D3130"), ("$formatInteger(1,'٠0')", "D3131"),
            ("$formatInteger(1/0,'w')", "D1001"),
            ("$formatInteger(1e300,'i')", "D1001"), ("$formatInteger(1e15,'w')", #""one thousand trillion""#),
            ("$parseInteger('x','w')", "null"), ("$parseInteger('1','Β')", "D3130"),
        ])
    func integerEdges(expression: String, expected: String) { #expect(outcome(expression) == expected) }

    @Test(
        "words are read back as the number they are",
        arguments: [0, 9, 19, 20, 99, 100, 101, 999, 1_001, 45_678, 9_000_010])
    func words(value: Int) throws {
        for picture in ["w", "W", "Ww", "w;o"] {
            let bindings: [String: JSONValue] = ["n": .int(value), "p": .string(picture)]
            #expect(try evaluate("$parseInteger($formatInteger($n,$p),$p)", bindings: bindings) == .int(value))
        }
    }

    @Test(
        "$formatNumber",
        arguments: [
            ("1234567.891", "#,##0.00", "1,234,567.89"), ("0.5", "0%", "50%"), ("0.0045", "0.0‰", "4.5‰"),
            ("-3", "0", "-3"), ("-3", "0;(0)", "(3)"), ("12345", "#,##,#0", "1,23,45"), ("0", "#", "0"),
            ("0.25", "#.#", ".2"),
            ("0.35", "#.#", ".4"), ("1234.5", "0.0e0", "1.2e3"), ("0.00012", "0.0e00", "1.2e-04"),
            ("5", "000.00", "005.00"),
            ("1e21", "0", "1000000000000000000000"), ("1234.5678", "0.00,00", "1234.56,78"), ("7", "x0y", "x7y"),
            ("0.1", "00.0##", "00.1"), ("2.675", "0.00", "2.68"), ("1.005", "0.00", "1.00"),
        ])
    func formatNumber(value: String, picture: String, expected: String) {
        #expect(outcome("$formatNumber(\(value),'\(picture)')") == "\"\(expected)\"")
    }

    @Test(
        "$formatNumber refuses what the specification forbids",
        arguments: [
            ("0;0;0", "D3080"), ("0.0.0", "D3081"), ("0%%", "D3082"), ("0‰‰", "D3083"), ("0%‰", "D3084"),
            ("abc", "D3085"),
            ("0x0", "D3086"), ("0,.0", "D3087"), ("0,", "D3088"), ("0,,0", "D3089"), ("0#", "D3090"), ("0.#0", "D3091"),
            ("0e0%", "D3092"), ("0e#", "D3093"),
        ])
    func badNumberPictures(picture: String, code: String) { #expect(outcome("$formatNumber(1,'\(picture)')") == code) }

    @Test("$formatNumber takes other characters")
    func options() throws {
        #expect(
            try evaluate("$formatNumber(1234.5,'#.##0,00',{'decimal-separator':',','grouping-separator':'.'})")
                == "1.234,50")
        #expect(try evaluate("$formatNumber(-1,'0',{'minus-sign':'−'})") == "−1")
        #expect(try evaluate("$formatNumber(42,'٠٠٠',{'zero-digit':'٠'})") == "٠٤٢")
        #expect(try evaluate("$formatNumber(1/0,'0',{'infinity':'∞'})") == "∞")
    }

    /// 2024-12-30T15:04:05.006Z, a Monday in the first week of 2025.
    static let moment = "1735571045006"

    @Test(
        "$fromMillis",
        arguments: [
            ("[Y]-[M01]-[D01]", "2024-12-30"), ("[D1o] [MNn] [Y]", "30th December 2024"),
            ("[F], [FNn,*-3] [FN]", "monday, Mon MONDAY"),
            ("[MN,*-3] [Y,*-2] [Y01]", "DEC 24 24"),
            ("[YI] [Yw] [DWwo]", "MMXXIV two thousand and twenty-four Thirtieth"),
            ("[X]-W[W01]-[F0]", "2025-W01-1"), ("[d] [w] [x] [xNn]", "365 1 1 January"),
            ("[h]:[m] [PN] [P]", "3:04 PM pm"),
            ("[H01][m][s].[f001]", "150405.006"), ("[[x]] [C] [E]", "[x] ISO ISO"), ("[Y , 2-2]", "24"),
            ("[Y9,999,*]", "2,024"),
            ("[ D ][ M ]", "3012"), ("[Z] [z] [Z0] [Z0000] [Z01:01t]", "+00:00 GMT+00:00 +0 +0000 Z"),
            ("[DA] [Mi]", "AD xii"),
        ])
    func fromMillis(picture: String, expected: String) {
        #expect(outcome("$fromMillis(\(Self.moment),'\(picture)')") == "\"\(expected)\"")
    }

    @Test(
        "$fromMillis in a zone, and its errors",
        arguments: [
            ("$fromMillis(0)", #""1970-01-01T00:00:00.000Z""#), ("$fromMillis(-1)", #""1969-12-31T23:59:59.999Z""#),
            ("$fromMillis(0,missing,'+0530')", #""1970-01-01T05:30:00.000+05:30""#),
            ("$fromMillis(0,'[H01]:[m01] [Z0] [z0000]','-0330')", #""20:30 -3:30 GMT-0330""#),
            ("$fromMillis(0,'[Q]')", "D3132"),
            ("$fromMillis(0,'[YN]')", "D3133"), ("$fromMillis(0,'[Z00000]')", "D3134"),
            ("$fromMillis(0,'[Y')", "D3135"),
            ("$fromMillis(1e300)", "D4005"), ("$fromMillis(0,'[Y]','1e99999')", #""1970""#),
            ("$fromMillis(0,'[]')", "D3132"),
            ("$now('[Y]')", #""2023""#), ("$millis()", "1700000000000"),
        ])
    func zones(expression: String, expected: String) { #expect(outcome(expression) == expected) }

    @Test(
        "ISO weeks at the turn of years",
        arguments: [
            ("2018-12-31", "2019-01"), ("2019-12-29", "2019-52"), ("2020-12-31", "2020-53"), ("2021-01-03", "2020-53"),
            ("2021-01-04", "2021-01"), ("2022-01-01", "2021-52"), ("2026-12-31", "2026-53"), ("2016-01-03", "2015-53"),
        ])
    func weeks(date: String, expected: String) {
        #expect(outcome("$fromMillis($toMillis('\(date)'),'[X]-[W01]')") == "\"\(expected)\"")
    }

    @Test(
        "$toMillis",
        arguments: [
            ("$toMillis('2024-12-30T15:04:05.006Z')", "1735571045006"), ("$toMillis('2024-12-30')", "1735516800000"),
            ("$toMillis('2024')", "1704067200000"), ("$toMillis('2024-06-01T00:00:00+02:00')", "1717192800000"),
            ("$toMillis('2024-02-30')", "D3110"), ("$toMillis('soon')", "D3110"),
            ("$toMillis('30th December 2024','[D1o] [MNn] [Y]')", "1735516800000"),
            ("$toMillis('20241230','[Y0001][M01][D01]')", "1735516800000"),
            ("$toMillis('2024-365','[Y]-[d]')", "1735516800000"),
            ("$toMillis('3:04 pm 2024-12-30','[h]:[m] [P] [Y]-[M]-[D]')", "1735571040000"),
            ("$toMillis('12:00 am 2024-12-30','[h]:[m] [P] [Y]-[M]-[D]')", "1735516800000"),
            ("$toMillis('2024-12-30 15:04 -03:30','[Y]-[M]-[D] [H]:[m] [Z]')", "1735583640000"),
            ("$toMillis('2024-12-30 GMT+2','[Y]-[M]-[D] [z0]')", "1735509600000"),
            ("$toMillis('MMXXIV','[YI]')", "1704067200000"), ("$toMillis('x','[Y]')", "undefined"),
            ("$toMillis('08:00','[H]:[m]')", "1699948800000"), ("$toMillis('2024 15','[Y] [H]')", "D3136"),
            ("$toMillis('2024-W52','[X]-W[W]')", "D3136"),
            ("$toMillis('2024-01-01T00:00:00.5','[Y]-[M]-[D]T[H]:[m]:[s].[f]')", "1704067200500"),
        ])
    func toMillis(expression: String, expected: String) {
        #expect(outcome(expression) == expected)
    }

    @Test("each day of four centuries is read back as it was written")
    func days() throws {
        for day in stride(from: -40_000, to: 110_000, by: 97) {
            let bindings: [String: JSONValue] = ["t": .int(day * 86_400_000)]
            let picture = "'[Y0001]-[M01]-[D01]'"
            #expect(
                try evaluate("$toMillis($fromMillis($t,\(picture)),\(picture))", bindings: bindings) == bindings["t"])
        }
    }
}

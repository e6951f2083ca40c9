import Clocks
import Testing

@testable import Storage

@Suite("DecimalNumber")
struct DecimalNumberTests {
    @Test("ordered bytes are as documented")
    func layout() {
        #expect(DecimalNumber("1")?.orderedBytes == [2, 0x82, 2, 0])
        #expect(DecimalNumber("-1")?.orderedBytes == [0, 0x7D, 0xFD, 0xFF])
        #expect(DecimalNumber("0")?.orderedBytes == [1])
        #expect(DecimalNumber("1e-130")?.orderedBytes == [2, 0, 2, 0])
        #expect(DecimalNumber("9.9e125")?.orderedBytes == [2, 255, 10, 10, 0])
    }

    @Test("comparison, sum and spelling agree with 128-bit integers")
    func integers() throws {
        let entropy = SeededEntropy(seed: 7)
        func random() -> Int128 {
            // Few bits as often as many, and often a power of ten away from each other.
            let value = Int128(Int64(bitPattern: entropy.next()) >> Int64(entropy.next() % 64))
            return [value, value * 10, value * 1_000_000, -value][Int(entropy.next() % 4)]
        }
        for _ in 0..<5_000 {
            let (left, right) = (random(), random())
            let first = try #require(DecimalNumber(String(left)))
            let second = try #require(DecimalNumber(String(right)))
            #expect(first.spelling == String(left))
            #expect((first < second) == (left < right), "\(left) \(right)")
            #expect((first == second) == (left == right))
            #expect(first.adding(second)?.spelling == String(left + right), "\(left) + \(right)")
        }
    }

    @Test("fractions add exactly")
    func fractions() {
        for (left, right, sum) in [
            ("0.1", "0.2", "0.3"), ("-0.1", "0.1", "0"), ("1", "-0.000001", "0.999999"), ("99.5", "0.5", "100"),
            ("0", "-3", "-3"),
            ("1e20", "1e-17", "100000000000000000000.00000000000000001"),
        ] {
            let result = DecimalNumber(left).flatMap { left in DecimalNumber(right).flatMap { left.adding($0) } }
            #expect(result?.spelling == sum)
        }
        #expect(DecimalNumber("1e20").flatMap { DecimalNumber("1e-18").flatMap($0.adding) } == nil)
    }

    @Test("integral values fit an Int where they do")
    func intValue() {
        for (spelling, value) in [
            ("12", 12), ("1.2e1", 12), ("12.0", 12), ("12.5", nil), ("-9223372036854775808", Int.min),
            ("9223372036854775808", nil),
            ("1e30", nil), ("0", 0), ("0.1", nil),
        ] as [(String, Int?)] {
            #expect(AttributeValue.number(spelling).intValue == value)
        }
    }
}

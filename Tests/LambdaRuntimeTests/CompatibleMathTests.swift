import Glibc
import Testing

@testable import LambdaRuntime

@Suite("C functions of the program's own")
struct CompatibleMathTests {
    @Test(
        "hypotf is the root of the squares' sum, rounded once, and infinite beside infinity",
        arguments: [
            (3, 4, 5), (-3, 4, 5), (0, 0, 0), (-0.0, 0, 0), (1, 1, 1.4142135), (3e38, 0, 3e38), (3e38, 3e38, .infinity),
            (.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude), (1e-30, 1e-30, 1.4142136e-30),
            (.infinity, .nan, .infinity),
            (.nan, -.infinity, .infinity),
        ] as [(Float, Float, Float)])
    func hypotf(x: Float, y: Float, expected: Float) {
        #expect(compatibleHypotf(x, y) == expected)
        #expect(compatibleHypotf(y, x) == expected)
    }

    @Test("it agrees with the C library's own to the last digit but one")
    func likeTheCLibrarys() throws {
        let library = try #require(dlopen("libm.so.6", RTLD_NOW))
        defer { dlclose(library) }
        let symbol = try #require(dlsym(library, "hypotf"))
        let own = unsafeBitCast(symbol, to: (@convention(c) (Float, Float) -> Float).self)
        for _ in 0..<10_000 {
            let x = Float(bitPattern: .random(in: 0...0x7F7F_FFFF)), y = Float(bitPattern: .random(in: 0...0x7F7F_FFFF))
            let (ours, theirs) = (compatibleHypotf(x, y), own(x, y))
            #expect(ours == theirs || ours == theirs.nextUp || ours == theirs.nextDown, "hypotf(\(x), \(y))")
        }
    }

    @Test("what is no number stays none")
    func notANumber() { #expect(compatibleHypotf(.nan, 1).isNaN) }
}

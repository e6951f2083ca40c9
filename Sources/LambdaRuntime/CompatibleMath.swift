/// C's `hypotf`, for the whole program: the square root of `x`² + `y`².
///
/// Swift's C library overlay refers to it, and on a machine with glibc 2.35 or later the linker notes the version
/// GLIBC_2.35 of it, the only symbol that Amazon Linux 2023's glibc 2.34 has not got: a function linked there would not
/// start. A definition of the program's own leaves nothing to note. Computed as glibc does: a `Float`'s square is exact in
/// a `Double`, and the sum can't overflow there. Unlike glibc's it leaves `errno` alone.
@c(hypotf)
func compatibleHypotf(_ x: Float, _ y: Float) -> Float {
    if x.isInfinite || y.isInfinite { return .infinity }
    let (x, y) = (Double(x), Double(y))
    return Float((x * x + y * y).squareRoot())
}

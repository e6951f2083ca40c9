import Clocks
import JSON

extension IntrinsicFunction {
    func mathAdd(_ arguments: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        .int(try integer(arguments, 0) + integer(arguments, 1))
    }

    /// A whole number from the first up to, but without, the second; the same for the same seed.
    func mathRandom(_ arguments: [JSONValue], _ entropy: any Entropy) throws(IntrinsicFailure) -> JSONValue {
        let (start, end) = (try integer(arguments, 0), try integer(arguments, 1))
        guard start < end else { throw IntrinsicFailure("The start \(start) must be less than the end \(end)") }
        let source: any Entropy
        if arguments.count == 3 {
            source = SeededEntropy(seed: UInt64(bitPattern: Int64(try integer(arguments, 2))))
        } else {
            source = entropy
        }
        return .int(start + Int(source.next() % UInt64(end - start)))
    }
}

import Clocks
import JSON

extension IntrinsicFunction {
    /// The function's value for arguments of a right number.
    func apply(_ arguments: [JSONValue], _ entropy: any Entropy) throws(IntrinsicFailure) -> JSONValue {
        switch self {
        case .array: .array(arguments)
        case .arrayPartition: try arrayPartition(arguments)
        case .arrayContains: .bool(try array(arguments, 0).contains(arguments[1]))
        case .arrayRange: try arrayRange(arguments)
        case .arrayGetItem: try arrayGetItem(arguments)
        case .arrayLength: .int(try array(arguments, 0).count)
        case .arrayUnique: try arrayUnique(arguments)
        case .base64Encode: try base64Encode(arguments)
        case .base64Decode: try base64Decode(arguments)
        case .hash: try hash(arguments)
        case .jsonMerge: try jsonMerge(arguments)
        case .stringToJSON: try stringToJSON(arguments)
        case .jsonToString: .string(arguments[0].text())
        case .mathRandom: try mathRandom(arguments, entropy)
        case .mathAdd: try mathAdd(arguments)
        case .stringSplit: try stringSplit(arguments)
        case .uuid: .string(entropy.uuid())
        case .format: .null
        }
    }

    // MARK: Arguments

    func array(_ arguments: [JSONValue], _ index: Int) throws(IntrinsicFailure) -> [JSONValue] {
        guard let elements = arguments[index].arrayValue else { throw wrong("array", arguments, index) }
        return elements
    }

    func string(_ arguments: [JSONValue], _ index: Int) throws(IntrinsicFailure) -> String {
        guard let text = arguments[index].stringValue else { throw wrong("string", arguments, index) }
        return text
    }

    /// A number rounded to a whole one, half up: 2.5 is 3, -1.5 is -1.
    func integer(_ arguments: [JSONValue], _ index: Int) throws(IntrinsicFailure) -> Int {
        guard let number = arguments[index].doubleValue else { throw wrong("number", arguments, index) }
        let rounded = (number + 0.5).rounded(.down)
        guard rounded.magnitude <= 0x1p53 else {
            throw IntrinsicFailure("Argument \(index + 1) of \(rawValue) is out of range: \(arguments[index].text())")
        }
        return Int(rounded)
    }

    private func wrong(_ kind: String, _ arguments: [JSONValue], _ index: Int) -> IntrinsicFailure {
        IntrinsicFailure(
            "Argument \(index + 1) of \(rawValue) must be of type \(kind), but was \(arguments[index].kindName)")
    }
}

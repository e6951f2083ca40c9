import Digest
import JSON

extension IntrinsicFunction {
    /// Characters that the encodings and hashes take at most (Step Functions: 10,000).
    static let maximumTextCount = 10_000

    func base64Encode(_ arguments: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        .string(Base64.encode(Array(try limited(string(arguments, 0)).utf8)))
    }

    func base64Decode(_ arguments: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        guard let bytes = Base64.decodeUnpadded(try limited(string(arguments, 0))) else {
            throw IntrinsicFailure("The argument is no Base64")
        }
        return .string(String(decoding: bytes, as: UTF8.self))
    }

    /// A value that is no string is hashed as its JSON text.
    func hash(_ arguments: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        let text = try limited(arguments[0].stringValue ?? arguments[0].text())
        let name = try string(arguments, 1)
        guard let algorithm = HashAlgorithm(rawValue: name) else {
            throw IntrinsicFailure(
                "'\(name)' is none of \(HashAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return .string(hex(algorithm.digest(of: Array(text.utf8))))
    }

    private func limited(_ text: String) throws(IntrinsicFailure) -> String {
        guard text.utf16.count <= IntrinsicFunction.maximumTextCount else {
            throw IntrinsicFailure(
                "The argument has \(text.utf16.count) characters, \(IntrinsicFunction.maximumTextCount) are allowed")
        }
        return text
    }
}

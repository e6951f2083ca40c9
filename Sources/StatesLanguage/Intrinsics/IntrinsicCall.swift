import JSON

/// A call of an intrinsic function in a payload template: `States.Format('{}', $.name)`.
///
/// States Language, "Intrinsic Functions". The functions themselves are in files by family.
package struct IntrinsicCall: Sendable, Hashable {
    indirect enum Argument: Sendable, Hashable {
        case text(IntrinsicText)
        case literal(JSONValue)
        case path(JSONPath)
        case call(IntrinsicCall)
    }

    /// The call as it is written.
    package let text: String
    let function: IntrinsicFunction
    let arguments: [Argument]

    /// Levels of calls inside calls at most (Step Functions: 10).
    static let maximumDepth = 10

    /// The function's value.
    ///
    /// - Throws: ``StateError``: `States.IntrinsicFailure` for arguments that the function does not take;
    ///   `States.Runtime` when a path finds nothing.
    func value(_ data: StateData) throws(StateError) -> JSONValue {
        var values: [JSONValue] = []
        values.reserveCapacity(arguments.count)
        for argument in arguments {
            switch argument {
            case .text(let text): values.append(.string(text.plain))
            case .literal(let value): values.append(value)
            case .call(let call): values.append(try call.value(data))
            case .path(let path):
                guard let value = try data.value(at: path) else {
                    throw failure(
                        "The JsonPath argument for the field '\(path.text)' could not be found in the input "
                            + "'\(data.root(of: path)?.text() ?? "null")'")
                }
                values.append(value)
            }
        }
        do throws(IntrinsicFailure) {
            let value = function == .format ? try format(values) : try function.apply(values, data.entropy)
            guard (value.stringValue?.utf8.count ?? 0) <= IntrinsicFunction.maximumByteCount else {
                throw IntrinsicFailure.tooLong
            }
            return value
        } catch {
            throw failure(error.detail)
        }
    }

    private func failure(_ detail: String) -> StateError {
        StateError(
            "States.IntrinsicFailure", cause: "The function '\(text)' had the following error: \(detail)",
            evaluation: nil)
    }

    /// A template that is a literal keeps its escaped braces until here.
    private func format(_ values: [JSONValue]) throws(IntrinsicFailure) -> JSONValue {
        let template: IntrinsicText
        switch arguments.first {
        case .text(let text): template = text
        default:
            guard let text = values.first?.stringValue else {
                throw IntrinsicFailure("The first argument of \(function.rawValue) must be a string")
            }
            template = IntrinsicText(raw: text)
        }
        return .string(try template.filled(values.dropFirst()))
    }
}

/// What a function found wrong with its arguments.
struct IntrinsicFailure: Error {
    let detail: String
    init(_ detail: String) { self.detail = detail }

    static let tooLong = IntrinsicFailure("The text has more than \(IntrinsicFunction.maximumByteCount) bytes")
}

/// The functions there are, with how many arguments each takes.
package enum IntrinsicFunction: String, Sendable, CaseIterable {
    case array = "States.Array"
    case arrayPartition = "States.ArrayPartition"
    case arrayContains = "States.ArrayContains"
    case arrayRange = "States.ArrayRange"
    case arrayGetItem = "States.ArrayGetItem"
    case arrayLength = "States.ArrayLength"
    case arrayUnique = "States.ArrayUnique"
    case base64Encode = "States.Base64Encode"
    case base64Decode = "States.Base64Decode"
    case hash = "States.Hash"
    case jsonMerge = "States.JsonMerge"
    case stringToJSON = "States.StringToJson"
    case jsonToString = "States.JsonToString"
    case mathRandom = "States.MathRandom"
    case mathAdd = "States.MathAdd"
    case stringSplit = "States.StringSplit"
    case uuid = "States.UUID"
    case format = "States.Format"

    /// Bytes of a text that a call makes at most: what is more could go nowhere, as a state's data has 256 KiB.
    static let maximumByteCount = 1 << 20

    var argumentCounts: ClosedRange<Int> {
        switch self {
        case .array: 0...Int.max
        case .format: 1...Int.max
        case .uuid: 0...0
        case .arrayLength, .arrayUnique, .base64Encode, .base64Decode, .stringToJSON, .jsonToString: 1...1
        case .arrayPartition, .arrayContains, .arrayGetItem, .hash, .mathAdd, .stringSplit: 2...2
        case .mathRandom: 2...3
        case .arrayRange, .jsonMerge: 3...3
        }
    }
}

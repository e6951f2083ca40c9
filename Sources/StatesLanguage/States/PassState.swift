package import JSON

/// A Pass state: hands its input on, or something fixed or made from it.
package struct PassState: Sendable {
    /// JSONPath: taken as it is, no template.
    package let result: JSONValue?
    package let parameters: StateTemplate?
    package let resultPath: PathChoice

    static func read(_ fields: FieldReader) -> PassState {
        guard fields.language == .jsonPath else {
            return PassState(result: nil, parameters: nil, resultPath: .whole)
        }
        return PassState(
            result: fields.value("Result"), parameters: fields.template("Parameters"),
            resultPath: fields.optionalPath("ResultPath", isReference: true))
    }
}

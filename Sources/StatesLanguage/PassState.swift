package import JSON

/// A Pass state: hands its input on, or something fixed or made from it.
package struct PassState: Sendable {
    package let result: JSONValue?
    package let parameters: PayloadTemplate?
    package let resultPath: PathChoice

    static func read(_ fields: FieldReader) -> PassState {
        PassState(
            result: fields.value("Result"), parameters: fields.template("Parameters"),
            resultPath: fields.optionalPath("ResultPath", isReference: true))
    }
}

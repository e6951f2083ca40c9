/// One element of `Catch`.
package struct Catcher: Sendable {
    package let errors: [String]
    package let next: String
    package let resultPath: PathChoice
    package let assign: StateTemplate?
    /// JSONata: what goes on instead of the error.
    package let output: StateTemplate?

    static func readAll(_ fields: FieldReader) -> [Catcher] {
        Retrier.read("Catch", fields) { fields in
            let errors = Retrier.errors(fields)
            let isJSONPath = fields.language == .jsonPath
            let resultPath = isJSONPath ? fields.optionalPath("ResultPath", isReference: true) : .whole
            let assign = fields.assign()
            let output = isJSONPath ? nil : fields.template("Output")
            return fields.string("Next", isRequired: true).map {
                Catcher(errors: errors, next: $0, resultPath: resultPath, assign: assign, output: output)
            }
        }
    }
}

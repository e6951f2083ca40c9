/// One element of `Catch`.
package struct Catcher: Sendable, Hashable {
    package let errors: [String]
    package let next: String
    package let resultPath: PathChoice

    static func readAll(_ fields: FieldReader) -> [Catcher] {
        Retrier.read("Catch", fields) { fields in
            let errors = Retrier.errors(fields)
            let resultPath = fields.optionalPath("ResultPath", isReference: true)
            return fields.string("Next", isRequired: true).map {
                Catcher(errors: errors, next: $0, resultPath: resultPath)
            }
        }
    }
}

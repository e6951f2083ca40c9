package import JSON

/// Something about a package that keeps it from running on Lambda, or that somebody should know.
package struct PackageProblem: Sendable, Hashable {
    package enum Code: String, Sendable, Hashable {
        case otherMachine, missingLoader, missingLibrary, missingVersion, unpackedTooLarge
        case notStripped, uploadTooLarge
    }

    package enum Severity: String, Sendable, Hashable { case failure, warning }

    package let code: Code
    package let severity: Severity
    package let detail: String

    static func failure(_ code: Code, _ detail: String) -> PackageProblem {
        PackageProblem(code: code, severity: .failure, detail: detail)
    }
    static func warning(_ code: Code, _ detail: String) -> PackageProblem {
        PackageProblem(code: code, severity: .warning, detail: detail)
    }
}

extension PackageProblem {
    package var json: JSONValue {
        ["code": .string(code.rawValue), "severity": .string(severity.rawValue), "detail": .string(detail)]
    }
}

extension PackageProblem: CustomStringConvertible {
    package var description: String { "\(severity.rawValue): \(detail)" }
}

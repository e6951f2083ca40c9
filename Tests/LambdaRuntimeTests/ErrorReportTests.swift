import JSON
import TestSupport
import Testing

@testable import LambdaRuntime

extension RuntimeTests {
    @Suite("Errors as they go over the wire")
    struct ErrorReportTests {
        struct Refused: LambdaError {
            var errorType: String { "Throttled" }
            var errorMessage: String { "too many" }
        }
        enum Plain: Error { case notThere(String) }
        struct Described: Error, CustomStringConvertible { let description = "what was found" }

        @Test(
            "An error is named by itself, else by its type",
            arguments: [
                (
                    HandlerError(errorType: "ObjectMissing", errorMessage: "m"), "ObjectMissing", "m",
                    "Function.ObjectMissing"
                ),
                (Refused(), "Throttled", "too many", "Function.Throttled"),
                (Plain.notThere("x"), "Unhandled.Plain", "notThere(\"x\")", "Unhandled.Plain"),
                (Described(), "Unhandled.Described", "what was found", "Unhandled.Described"),
                (
                    CancellationError(), "Unhandled.CancellationError", "CancellationError()",
                    "Unhandled.CancellationError"
                ),
                (HandlerError(errorType: "A.B", errorMessage: ""), "A.B", "", "A.B"),
                (HandlerError(errorType: "", errorMessage: "m"), "Unhandled", "m", "Function.Unhandled"),
            ] as [(any Error, String, String, String)])
        func mapping(error: any Error, type: String, message: String, category: String) {
            let report = ErrorReport(error, phase: .invocation)
            #expect(report.type == type)
            #expect(report.message == message)
            #expect(report.category == category)
        }

        @Test("A type with a line break can't add a header")
        func headerInjection() {
            let report = ErrorReport(HandlerError(errorType: "A\r\nX: y ü", errorMessage: ""), phase: .invocation)
            #expect(report.category == "Function.A__X:_y___")
            #expect(report.json["errorType"] == "A\r\nX: y ü")
        }

        @Test("A message is bounded")
        func bounded() {
            let report = ErrorReport(
                HandlerError(errorType: "A", errorMessage: String(repeating: "ü", count: 100_000)), phase: .invocation)
            #expect(report.message.utf8.count <= ErrorReport.maximumMessageByteCount)
            #expect(report.message.hasSuffix("ü..."))
        }

        @Test("The environment names the variable that is missing")
        func environment() throws {
            let environment = LambdaEnvironment(variables: ["A": "1", "B": ""], programName: "f", sink: LogBuffer())
            #expect(try environment.required("A") == "1")
            #expect(environment["B"] == nil)
            let error = #expect(throws: HandlerError.self) { try environment.required("B") }
            #expect(error?.errorType == "ConfigurationInvalid")
            #expect(error?.errorMessage == "the environment variable B is not set; set it for f")
            #expect(!environment.servesRuntimeAPI)
        }
    }
}

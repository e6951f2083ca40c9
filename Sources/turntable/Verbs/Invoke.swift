import Clocks
import EventRouter
import FileSystem
import JSON
import Template

/// Invokes one function under the emulated Lambda, without a router.
struct Invoke: Verb {
    static let name = "invoke"
    static let summary = "invokes a function as Lambda would, with the template's environment, timeout and memory"
    static let positionals = ["FUNCTION"]
    static let options = [
        Option.data, .template, .value("event", "FILE", "the event; - for standard input ({})"),
        .value("parameter", "NAME=VALUE", "a parameter of the template", isRepeatable: true),
    ]
    static let details =
        "Prints the function's result on standard output, and its log and Lambda's REPORT line on standard error. Exit status 1 "
        + "when the function failed; its error is the result then."

    private let project: Project
    private let function: String
    private let eventFile: String?

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        function = arguments.positionals[0]
        eventFile = arguments.value("event")
    }

    func run() async throws -> Bool {
        let application = try project.runnableApplication()
        guard let configured = application.function(named: function) else {
            let names = application.functions.map(\.name)
            throw UsageError(
                "\(project.templateFile) has no function '\(function)'\(Suggestion.hint(for: function, in: names)); it has "
                    + names.joined(separator: ", "))
        }
        let event = try readEvent()
        try project.data.create(buckets: application.buckets.map(\.name))
        let settings = RouterSettings(
            data: project.data, application: application, productsFolder: try project.productsFolder(),
            templateFolder: try project.templateFolder())
        let configuration = try FunctionConfiguration(configured, settings: settings)
        let pool = try FunctionPool(
            functions: [configuration], logFolder: project.data.logs, clock: SystemClock(), entropy: SystemEntropy())
        let result = await pool.invoke(InvocationRequest(function: configuration.name, payload: event))
        await pool.shutdown(grace: .seconds(1))
        Console.note(String(decoding: result.logTail, as: UTF8.self))
        switch result.outcome {
        case .success(let payload):
            Console.print(String(decoding: payload, as: UTF8.self))
            return true
        case .failure(let failure):
            Console.print(String(decoding: failure.payload, as: UTF8.self))
            return false
        }
    }

    /// Reads the event and checks that it is JSON, so that a slip is told with its place and not as a function's error.
    private func readEvent() throws -> [UInt8] {
        guard let eventFile else { return Array("{}".utf8) }
        let bytes: [UInt8]
        if eventFile == "-" {
            let input = File(taking: 0, path: "standard input")
            var read: [UInt8] = []
            while true {
                let block = try input.read(upTo: 1 << 16)
                if block.isEmpty { break }
                read += block
                guard read.count <= FunctionPool.maximumPayloadByteCount else { break }
            }
            bytes = read
        } else {
            bytes = try FileSystem.readFile(eventFile, maximumByteCount: FunctionPool.maximumPayloadByteCount)
        }
        do {
            _ = try JSONValue(parsing: bytes)
        } catch {
            throw CommandError("\(eventFile): \(error)")
        }
        return bytes
    }
}

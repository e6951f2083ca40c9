import Clocks
import EventRouter
import FileSystem
import Glibc
import HTTPServer
import JSON
import StatesLanguage

/// Runs the router until it is told to stop.
struct Serve: Verb {
    static let name = "serve"
    static let summary = "runs the router: watches buckets, runs functions and state machines"
    static let options = [
        Option.data, .template,
        .value("port", "N", "the port of its API on 127.0.0.1; 0 picks one (4566)"),
        .value("arrivals", "watch|poll", "how files are found: watched, or polled by the template's sensors (watch)"),
        .value("mock-config", "FILE", "mocked answers of tasks, in Step Functions Local's format ($SFN_MOCK_CONFIG)"),
        .value(
            "clock", "system|virtual", "what time it is: the machine's, or one that 'turntable clock' moves (system)"),
        .value("clock-start", "TIME", "where a virtual clock begins: 2024-01-01T00:00:00Z (now, or where it was left)"),
        .value("grace", "SECONDS", "what running work gets to end when the router is told to stop (10)"),
        .value("parameter", "NAME=VALUE", "a parameter of the template", isRepeatable: true),
    ]
    static let details =
        "Prints 'ready http://127.0.0.1:PORT' when it is. SIGTERM or SIGINT (Ctrl-C) ends it cleanly; what was running goes "
        + "on at the next start."

    private let project: Project
    private let port: UInt16
    private let mode: RouterSettings.ArrivalMode
    private let clock: RouterSettings.ClockMode
    private let grace: Int
    private let mocks: MockConfiguration?

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        port = UInt16(try arguments.integer("port", in: 0...65_535, default: 4566))
        let variable = unsafe getenv("SFN_MOCK_CONFIG").map { unsafe String(cString: $0) }
        mocks = try Serve.mocks(arguments.value("mock-config") ?? variable)
        grace = try arguments.integer("grace", in: 0...3_600, default: 10)
        let word = arguments.value("arrivals") ?? RouterSettings.ArrivalMode.watch.rawValue
        guard let mode = RouterSettings.ArrivalMode(rawValue: word) else {
            throw UsageError("--arrivals takes watch or poll, not '\(word)'")
        }
        self.mode = mode
        clock = try Serve.clock(arguments)
    }

    private static func clock(_ arguments: Arguments) throws -> RouterSettings.ClockMode {
        let start = try arguments.value("clock-start").map { text in
            guard let time = Timestamp(iso8601: text) else {
                throw UsageError("--clock-start takes a time such as 2024-01-01T00:00:00Z, not '\(text)'")
            }
            return time
        }
        switch arguments.value("clock") ?? "system" {
        case "virtual": return .virtual(start: start)
        case "system":
            guard start == nil else { throw UsageError("--clock-start is of --clock virtual") }
            return .system
        case let word: throw UsageError("--clock takes system or virtual, not '\(word)'")
        }
    }

    private static func mocks(_ file: String?) throws -> MockConfiguration? {
        guard let file else { return nil }
        do {
            return try MockConfiguration(JSONValue(parsing: FileSystem.readFile(file)))
        } catch {
            throw CommandError("the mock configuration \(file) can't be used: \(error)")
        }
    }

    func run() async throws -> Bool {
        let signals = try TerminationSignals()
        var settings = RouterSettings(
            data: project.data, application: try project.runnableApplication(),
            productsFolder: try project.productsFolder(),
            templateFolder: try project.templateFolder(), port: port, arrivalMode: mode, clock: clock,
            grace: .seconds(grace))
        settings.mocks = mocks
        let router: Router
        do {
            router = try await Router(settings: settings, entropy: SystemEntropy()) { remark in
                Console.note("turntable: \(remark)")
            }
        } catch let error as HTTPServerError where error.code == .portInUse {
            throw CommandError("\(error); or choose another port with --port (0 picks a free one)")
        }
        Console.print("ready http://127.0.0.1:\(router.port)")
        let work = Task { try await router.run() }
        // The signal cancels the work; whatever ends the work also ends the wait for a signal.
        let watch = Task {
            await signals.wait()
            work.cancel()
        }
        let result = await work.result
        watch.cancel()
        await router.shutdown()
        if case .failure(let error) = result, !(error is CancellationError) { throw error }
        return true
    }
}

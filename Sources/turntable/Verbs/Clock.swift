import Clocks
import HTTPClient
import JSON

/// Reads and moves the clock of a router that runs.
struct Clock: Verb {
    static let name = "clock"
    static let summary = "reads the clock of a running router, and moves a virtual one on"
    static let positionals = ["now|advance|run-until-idle", "[DURATION]"]
    static let options = [
        .value("port", "N", "the port of the router (4566)"),
        .value("limit", "DURATION", "of run-until-idle: how far the clock goes at most (7d)"), Option.json,
    ]
    static let details =
        "A DURATION is 90s, 5m, 2h, 1d, 1d12h or ISO 8601 (PT90S, P1DT12H). 'advance' goes from deadline to deadline and returns "
        + "when what they set off is over; 'run-until-idle' goes on until nothing waits any more but polls and schedules that "
        + "come again and again, and ends with status 1 when the limit comes first. Both need a router that was started with "
        + "'turntable serve --clock virtual'."

    private enum Action {
        case now
        case advance(Duration)
        case runUntilIdle(limit: Duration?)
    }

    private let action: Action
    private let port: UInt16
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        port = UInt16(try arguments.integer("port", in: 1...65_535, default: 4566))
        asJSON = arguments.has("json")
        let words = arguments.positionals
        let limit = try arguments.value("limit").map { try Clock.duration($0) }
        switch (words[0], words.dropFirst().first) {
        case ("now", nil): action = .now
        case ("advance", let word?): action = .advance(try Clock.duration(word))
        case ("advance", nil): throw UsageError("turntable clock advance: DURATION is missing")
        case ("run-until-idle", nil): action = .runUntilIdle(limit: limit)
        case ("now", let word?), ("run-until-idle", let word?):
            throw UsageError("turntable clock \(words[0]): '\(word)' is one argument too many")
        case (let word, _):
            let hint = Suggestion.hint(for: word, in: ["now", "advance", "run-until-idle"])
            throw UsageError("turntable clock takes now, advance or run-until-idle, not '\(word)'\(hint)")
        }
        if limit != nil, words[0] != "run-until-idle" { throw UsageError("--limit is of run-until-idle") }
    }

    private static func duration(_ text: String) throws -> Duration {
        guard let duration = Duration.spelled(text) else {
            throw UsageError("'\(text)' is no duration such as 90s, 5m, 2h, 1d or PT90S")
        }
        return duration
    }

    func run() async throws -> Bool {
        let answer: JSONValue
        switch action {
        case .now: answer = try await ask("GET", "")
        case .advance(let duration):
            answer = try await ask("POST", "/advance", ["seconds": .double(duration.inSeconds)])
        case .runUntilIdle(let limit):
            let body: JSONValue = limit.map { ["limitSeconds": .double($0.inSeconds)] } ?? [:]
            answer = try await ask("POST", "/run-until-idle", body)
        }
        let isIdle = answer["idle"]?.boolValue
        if asJSON {
            Console.print(answer.text())
        } else {
            Console.print(answer["now"]?.stringValue ?? "")
            if isIdle == false { Console.note("turntable: something still waits; the limit came first") }
        }
        return isIdle != false
    }

    private func ask(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let response: HTTPClient.Response
        do {
            response = try await HTTPClient(HTTPAddress(port: port)).response(
                to: HTTPClient.Request(
                    method, "/_turntable/clock\(path)", headers: [("Content-Type", "application/json")],
                    body: body?.bytes() ?? []))
        } catch {
            throw CommandError(
                "no router answers on port \(port) (start one with 'turntable serve', or say --port): \(error)")
        }
        guard let answer = try? JSONValue(parsing: response.body) else {
            throw CommandError("what answers on port \(port) is no router of turntable: status \(response.status)")
        }
        guard response.status == 200, answer["now"] != nil else {
            throw CommandError(answer["message"]?.stringValue ?? "the router answered with status \(response.status)")
        }
        return answer
    }
}

import Clocks
import HTTPServer
import JSON

/// The router's clock over HTTP: read, and moved on if it is a virtual one.
///
/// ```
/// GET  /_turntable/clock
/// POST /_turntable/clock/advance         {"seconds": 60} or {"to": "2024-06-25T10:00:00Z"}
/// POST /_turntable/clock/run-until-idle  {"limitSeconds": 604800}
/// ```
///
/// Each answers `{"clock": "system" or "virtual", "now", "next"}`: `next` is when the next timer of any kind is due, or null;
/// run-until-idle adds `idle`, which is false when the limit came first.
struct ClockAPI: Sendable {
    /// Seconds of the longest way in one request: a hundred years.
    static let longestSeconds = 3_153_600_000.0
    /// Seconds of virtual time after which run-until-idle ends unless told otherwise: a week.
    static let defaultLimitSeconds = 604_800.0

    private let clocks: RouterClocks
    /// One request moves the clock at a time.
    private let gate = SerialGate()

    init(_ clocks: RouterClocks) { self.clocks = clocks }

    static let path = "/_turntable/clock"

    /// The answer to a request for the clock; nil when it is for something else.
    func respond(to request: HTTPRequest) async -> HTTPResponse? {
        guard request.path == ClockAPI.path || request.path.hasPrefix(ClockAPI.path + "/") else { return nil }
        switch request.path.dropFirst(ClockAPI.path.count) {
        case "":
            guard ["GET", "HEAD"].contains(request.method) else { return refused(request, "GET") }
            return answer()
        case "/advance":
            guard request.method == "POST" else { return refused(request, "POST") }
            return await move(request, reading: ["seconds", "to"], advance)
        case "/run-until-idle":
            guard request.method == "POST" else { return refused(request, "POST") }
            return await move(request, reading: ["limitSeconds"], runUntilIdle)
        default:
            return error(404, "NotFound", "the clock has /advance and /run-until-idle, no \(request.path)")
        }
    }

    private func move(
        _ request: HTTPRequest, reading names: Set<String>,
        _ body: (VirtualClock, JSONValue) async throws -> HTTPResponse
    ) async -> HTTPResponse {
        guard let clock = clocks.virtual else {
            return error(
                409, "ClockNotVirtual",
                "the router goes by the system's clock, which can't be moved: start it with 'turntable serve --clock virtual'"
            )
        }
        let parameters: JSONValue
        do { parameters = request.body.isEmpty ? [:] : try JSONValue(parsing: request.body) } catch {
            return self.error(400, "InvalidRequest", "the body is no JSON: \(error)")
        }
        guard case .object(let members) = parameters else {
            return error(400, "InvalidRequest", "the body is an object")
        }
        for (name, _) in members where !names.contains(name) {
            return error(
                400, "InvalidRequest",
                "there is no '\(name)', only \(names.sorted().joined(separator: " and "))")
        }
        return await gate.run {
            do {
                return try await body(clock, parameters)
            } catch is CancellationError {
                return error(
                    503, "Interrupted", "the clock stopped at \(clock.now): the router ends, or the caller has gone")
            } catch {
                return self.error(500, "ClockFailed", "the clock stopped at \(clock.now): \(error)")
            }
        }
    }

    private func advance(_ clock: VirtualClock, _ parameters: JSONValue) async throws -> HTTPResponse {
        let target: Timestamp
        switch (parameters["seconds"], parameters["to"]) {
        case (let seconds?, nil):
            guard let duration = duration(seconds) else {
                return error(400, "InvalidRequest", ClockAPI.range("seconds"))
            }
            target = clock.now + duration
        case (nil, let to?):
            guard let time = to.stringValue.flatMap({ Timestamp(iso8601: $0) }) else {
                return error(400, "InvalidRequest", "to is a time such as 2024-06-25T10:00:00Z")
            }
            guard time >= clock.now else {
                return error(400, "InvalidRequest", "the clock is at \(clock.now) and never goes back")
            }
            target = time
        default: return error(400, "InvalidRequest", "either seconds or to is needed")
        }
        try await clock.advance(to: target)
        return answer()
    }

    private func runUntilIdle(_ clock: VirtualClock, _ parameters: JSONValue) async throws -> HTTPResponse {
        var limit = Duration.seconds(ClockAPI.defaultLimitSeconds)
        if let value = parameters["limitSeconds"] {
            guard let duration = duration(value) else {
                return error(400, "InvalidRequest", ClockAPI.range("limitSeconds"))
            }
            limit = duration
        }
        let isIdle = try await clock.runUntilIdle(limit: clock.now + limit)
        return answer(["idle": .bool(isIdle)])
    }

    private func duration(_ value: JSONValue) -> Duration? {
        guard let seconds = value.doubleValue, (0...ClockAPI.longestSeconds).contains(seconds) else { return nil }
        return .microseconds(Int64((seconds * 1e6).rounded()))
    }

    private static func range(_ name: String) -> String { "\(name) is a number from 0 to \(Int(longestSeconds))" }

    private func answer(_ more: JSONObject = [:]) -> HTTPResponse {
        var object: JSONObject = [
            "clock": .string(clocks.virtual == nil ? "system" : "virtual"),
            "now": .string(clocks.pipeline.now.iso8601),
        ]
        if let virtual = clocks.virtual { object["next"] = virtual.nextDeadline.map { .string($0.iso8601) } ?? .null }
        for (name, value) in more { object[name] = value }
        return .json(200, JSONValue.object(object).bytes())
    }

    private func refused(_ request: HTTPRequest, _ method: String) -> HTTPResponse {
        error(405, "MethodNotAllowed", "\(request.path) takes \(method), not \(request.method)")
    }

    private func error(_ status: Int, _ type: String, _ message: String) -> HTTPResponse {
        let body: JSONValue = ["__type": .string(type), "message": .string(message)]
        return .json(status, body.bytes())
    }
}

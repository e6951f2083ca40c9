import Clocks
import Digest
import EventRouter
import FileSystem
import JSON
import SimulationLink
import Storage

/// An invocation that the world has taken on.
final class Work {
    let number: Int
    let callID: UInt64
    let functions: HeldFunctions
    let configuration: FunctionConfiguration
    let request: InvocationRequest
    /// `FUNCTION of FILE`.
    let place: String
    /// `FUNCTION of FILE #N`: the N-th time that this function works on this file.
    let site: String
    var process: HandlerProcess?
    /// What the function is held at.
    var held: JSONValue = .null
    var actCount = 0
    var deadline = Timestamp(microsecondsSinceEpoch: 0)
    /// Whether the router that asked for it is still there.
    var isHeard = true

    init(
        number: Int, call: HeldFunctions.Call, functions: HeldFunctions, configuration: FunctionConfiguration,
        place: String, ordinal: Int
    ) {
        self.number = number
        callID = call.id
        request = call.request
        self.functions = functions
        self.configuration = configuration
        self.place = place
        site = "\(place) #\(ordinal)"
    }
}

extension World {
    /// Takes an invocation on.
    func admit(_ call: HeldFunctions.Call) {
        guard let router, let configuration = configurations[call.request.function] else {
            router?.functions.end(
                call.id,
                .failure(
                    InvocationFailure(
                        kind: .notFound, errorType: "ResourceNotFoundException",
                        errorMessage: "Function not found: \(call.request.function)")))
            return
        }
        let subject = subject(of: call.request.payload)
        let place = "\(configuration.name) of \(subject)"
        ordinals[place, default: 0] += 1
        let site = "\(place) #\(ordinals[place] ?? 0)"
        if faultPlan.strikes(.throttledFunction, site) {
            record.strike(Fault(kind: .throttledFunction, site: site), at: clock.now, "\(site) finds no free process")
            router.functions.end(
                call.id,
                .failure(
                    InvocationFailure(
                        kind: .throttle, errorType: "TooManyRequestsException", errorMessage: "Rate Exceeded.")))
            return
        }
        if ordinals[place] == 1, faultPlan.strikes(.outage, place) {
            let length = chance.duration("outage|\(place)", from: .seconds(1), to: .seconds(600))
            outages[place] = clock.now + length
            record.strike(
                Fault(kind: .outage, site: place), at: clock.now,
                "the stores fail \(place) for \(Int(length.inSeconds)) s")
        }
        workCount += 1
        let work = Work(
            number: workCount, call: call, functions: router.functions, configuration: configuration, place: place,
            ordinal: ordinals[place] ?? 0)
        working[work.number] = work
        schedule(.begin(work.number), at: clock.now + latency(site, 0), order: site)
    }

    /// The file that a payload is about: the first of the world's that it names.
    private func subject(of payload: [UInt8]) -> String {
        let text = String(decoding: payload, as: UTF8.self)
        let named = files.filter { $0.isAnnounced && text.contains($0.key) }
        return named.map(\.key).max { $0.utf8.count < $1.utf8.count } ?? "something"
    }

    /// How long the next act takes.
    private func latency(_ site: String, _ act: Int) -> Duration {
        let place = "\(site)/\(act)"
        if faultPlan.strikes(.stall, place) {
            let length = chance.duration("stall|\(place)", from: .seconds(1), to: .seconds(3_600))
            record.strike(
                Fault(kind: .stall, site: place), at: clock.now,
                "\(site) takes \(Int(length.inSeconds)) s at act \(act)")
            return length
        }
        return chance.duration("latency|\(place)", from: .microseconds(200), to: .milliseconds(60))
    }

    // MARK: - Processes

    func begin(_ number: Int) throws {
        guard let work = working[number] else { return }
        guard work.isHeard, work.functions.isAwaited(work.callID) else {
            working[number] = nil
            return
        }
        let name = work.configuration.name
        let process: HandlerProcess
        // A warm process, as a rule; sometimes Lambda has let it go.
        if let warm = idle[name]?.popLast(), chance.fraction("warm|\(work.site)") < 0.85 {
            process = warm
        } else {
            process = try start(work.configuration)
            guard process.receive()?["kind"]?.stringValue == "next" else {
                process.kill()
                return end(work, .exit("it did not ask for an event when it started; its log is in logs/\(name).log"))
            }
        }
        work.process = process
        work.deadline = clock.now + work.configuration.timeout
        record.note(clock.now, "\(work.site) begins")
        let sent = process.send([
            "request-id": .string("\(name)-\(chance.bits("request|\(work.site)"))"),
            "event": .string(String(decoding: work.request.payload, as: UTF8.self)),
            "deadline": .int(Int(work.deadline.millisecondsSinceEpoch)),
            "function-arn": .string(work.configuration.arn), "now": .int(Int(clock.now.microsecondsSinceEpoch)),
            "seed": .string("\(chance.bits("entropy|\(work.site)"))"),
        ])
        hear(work, sent ? process.receive() : nil)
    }

    private func start(_ configuration: FunctionConfiguration) throws -> HandlerProcess {
        processCount += 1
        var environment = FunctionEnvironment.variables(
            of: configuration, runtimePort: 0, logStream: "\(configuration.name)/\(processCount)")
        environment["AWS_LAMBDA_RUNTIME_API"] = nil
        environment[SimulationLink.variableName] = "0"
        environment.merge(place.environment) { $1 }
        let log: File
        if let open = logs[configuration.name] {
            log = open
        } else {
            log = try File("\(place.settings.data.logs)/\(configuration.name).log", .append)
            logs[configuration.name] = log
        }
        return try HandlerProcess(
            number: processCount, function: configuration.name, path: configuration.executablePath,
            environment: environment, folder: configuration.taskRoot, log: log.descriptor)
    }

    /// Takes what a function says next, and holds it there.
    private func hear(_ work: Work, _ message: JSONValue?) {
        guard let message, let kind = message["kind"]?.stringValue else {
            let detail =
                "\(work.site) ended by itself, or said nothing for \(HandlerProcess.patience) s, at act \(work.actCount)"
            record.violate("\(detail); its log is in logs/\(work.configuration.name).log")
            work.process?.kill()
            return end(work, .exit("signal: killed"))
        }
        work.held = message
        work.actCount += 1
        var time = clock.now + latency(work.site, work.actCount)
        switch kind {
        case "sleep":
            if let until = message["until"]?.intValue {
                time = max(clock.now, Timestamp(microsecondsSinceEpoch: Int64(until)))
            }
        // The function holds a database's lock, for which others would wait in real time.
        case "act" where message["act"]?.stringValue == "commit": time = clock.now
        default: break
        }
        if time > work.deadline {
            schedule(.timeOut(work.number), at: work.deadline, order: work.site)
        } else {
            schedule(.proceed(work.number), at: time, order: kind == "act" && time == clock.now ? "" : work.site)
        }
    }

    /// The function's time limit has come while it was held.
    func timeOut(_ number: Int) {
        guard let work = working[number] else { return }
        let seconds = work.configuration.timeout.inSeconds
        record.note(clock.now, "\(work.site) is ended at its time limit of \(Int(seconds)) s")
        work.process?.kill()
        end(work, .timeout(seconds))
    }

    // MARK: - Acts

    /// Lets a function go on from where it is held, or has something go wrong there.
    func proceed(_ number: Int) async throws {
        guard let work = working[number], let process = work.process else { return }
        let message = work.held
        switch message["kind"]?.stringValue {
        case "act": try await pass(work, process, message)
        case "sleep":
            hear(work, process.send(["now": .int(Int(clock.now.microsecondsSinceEpoch))]) ? process.receive() : nil)
        case "answer":
            let point = "\(work.configuration.name) answers"
            record.pass(point)
            if crashes(work, point) { return }
            let payload = Array((message["payload"]?.stringValue ?? "null").utf8)
            let isError = message["error"]?.boolValue ?? false
            record.note(clock.now, "\(work.site) \(isError ? "fails: \(World.errorType(payload))" : "answers")")
            let outcome: InvocationResult.Outcome = isError ? .failure(.reported(payload)) : .success(payload: payload)
            // The process asks for the next event.
            if process.send(["now": .int(Int(clock.now.microsecondsSinceEpoch))]),
                process.receive()?["kind"]?.stringValue == "next"
            {
                idle[work.configuration.name, default: []].append(process)
            } else {
                process.kill()
            }
            end(work, outcome)
        default:
            let payload = Array((message["payload"]?.stringValue ?? "null").utf8)
            record.note(clock.now, "\(work.site) can't start: \(World.errorType(payload))")
            process.kill()
            end(work, .failure(.reported(payload)))
        }
    }

    private func pass(_ work: Work, _ process: HandlerProcess, _ message: JSONValue) async throws {
        let moment = message["moment"]?.stringValue ?? ""
        let act = message["act"]?.stringValue ?? ""
        let address = message["place"]?.stringValue ?? ""
        let isWrite = message["write"]?.boolValue ?? false
        let point = "\(work.configuration.name) \(moment) \(act)"
        let site = "\(work.site)/\(work.actCount) \(moment) \(act)"
        if isWrite {
            record.pass(point)
            if moment == "after" {
                record.note(clock.now, "\(work.site) has done \(act) \(address)")
                try await tellOfWrite(act, address)
            }
            if crashes(work, point) { return }
        }
        var verdict = SimulationLink.Verdict.go
        if moment == "before", let end = outages[work.place], clock.now < end { verdict = .failed }
        let isTable = !address.contains("/")
        let possible: [(FaultKind, SimulationLink.Verdict, Bool)] = [
            (.storeError, .failed, moment == "before"), (.throttledStore, .throttled, moment == "before" && isTable),
            (.diskFull, .full, moment == "before" && isWrite), (.lostAnswer, .failed, moment == "after" && isWrite),
        ]
        for (kind, meant, applies) in possible where applies && verdict == .go {
            guard faultPlan.strikes(kind, site) else { continue }
            record.strike(
                Fault(kind: kind, site: site), at: clock.now, "\(work.site): \(act) \(address) \(kind.rawValue)")
            verdict = meant
        }
        let sent = process.send([
            "verdict": .string(verdict.rawValue), "now": .int(Int(clock.now.microsecondsSinceEpoch)),
        ])
        hear(work, sent ? process.receive() : nil)
    }

    private func crashes(_ work: Work, _ point: String) -> Bool {
        let site = "\(work.site)/\(work.actCount)"
        guard faultPlan.strikes(.crash, site) else { return false }
        record.strike(Fault(kind: .crash, site: site), at: clock.now, "\(work.site) is killed: \(point)")
        record.strikePoint(point)
        work.process?.kill()
        end(work, .exit("signal: killed"))
        return true
    }

    /// S3 tells of what functions write, too.
    private func tellOfWrite(_ act: String, _ address: String) async throws {
        guard let slash = address.firstIndex(of: "/") else { return }
        let (bucket, key) = (String(address[..<slash]), String(address[address.index(after: slash)...]))
        guard routes.watchedBuckets.contains(bucket) else { return }
        let metadata = try await place.settings.data.objectStore().headIfPresent(key, in: bucket)
        let change = ObjectChange(
            name: ObjectName(bucket: bucket, key: key),
            kind: metadata == nil ? .removed : act == "move" || act == "copy" ? .copy : .put,
            time: clock.now,
            identity: metadata.map { ObjectIdentity(inode: 0, byteCount: $0.byteCount, modifiedNanoseconds: 0) },
            eTag: metadata?.eTag ?? "")
        schedule(.announceObject(change), at: clock.now, order: key)
    }

    /// Ends an invocation, as its router hears it if it is still there.
    private func end(_ work: Work, _ outcome: InvocationResult.Outcome) {
        working[work.number] = nil
        if work.isHeard {
            work.functions.end(work.callID, outcome)
        } else {
            record.note(clock.now, "nobody hears the end of \(work.site)")
        }
    }

    private static func errorType(_ payload: [UInt8]) -> String {
        (try? JSONValue(parsing: payload))?["errorType"]?.stringValue ?? "an error without a type"
    }
}

extension InvocationResult.Outcome {
    /// A process that ended without an answer, as Lambda tells it.
    fileprivate static func exit(_ status: String) -> Self {
        .failure(
            InvocationFailure(
                errorType: FunctionErrorType.exit,
                errorMessage: "RequestId: 0 Error: Runtime exited with error: \(status)"))
    }

    fileprivate static func timeout(_ seconds: Double) -> Self {
        .failure(
            InvocationFailure(
                errorType: FunctionErrorType.timeout,
                errorMessage: "RequestId: 0 Error: Task timed out after \(Int(seconds)).00 seconds"))
    }
}

extension InvocationFailure {
    /// What a function said of its own failure.
    fileprivate static func reported(_ payload: [UInt8]) -> InvocationFailure {
        let json = try? JSONValue(parsing: payload)
        return InvocationFailure(
            kind: .function, errorType: json?["errorType"]?.stringValue ?? FunctionErrorType.unknown,
            errorMessage: json?["errorMessage"]?.stringValue ?? "", payload: payload)
    }
}

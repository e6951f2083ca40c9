import FileSystem
import Glibc
import HTTPClient
import Synchronization

/// A server of moto (PyPI), which plays S3, DynamoDB and STS; a test has one to itself, empty, until it gives it back.
///
/// A few are started when they are first wanted, and ended by their process identifiers when the test program exits; one
/// whose test program was killed ends by itself.
public final class MotoServer: Sendable {
    /// Servers at the same time; tests beyond them wait.
    static let maximumCount = 2

    public let port: UInt16
    private let process: LivingProcess

    public var origin: String { "http://127.0.0.1:\(port)" }

    /// The variables of a program that uses the server, and nothing of this machine.
    public var environment: [String: String] {
        [
            "AWS_ENDPOINT_URL": origin, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent",
        ]
    }

    /// moto's own launcher takes no port 0 and serves each request on a thread of its own, so that conditions aren't
    /// atomic; here one request runs at a time.
    private static let launcher = """
        import os, sys, threading, time
        from werkzeug.serving import make_server, WSGIRequestHandler
        from moto.server import DomainDispatcherApplication, create_backend_app
        class Quiet(WSGIRequestHandler):
            def log_request(self, *arguments): pass
        def watch():
            while os.getppid() == int(sys.argv[1]): time.sleep(0.5)
            os._exit(0)
        threading.Thread(target=watch, daemon=True).start()
        context = (sys.argv[2], sys.argv[3]) if len(sys.argv) > 3 else None
        app = DomainDispatcherApplication(create_backend_app)
        server = make_server("127.0.0.1", 0, app, threaded=False, request_handler=Quiet, ssl_context=context)
        print("port", server.server_port, flush=True)
        server.serve_forever()
        """

    /// Starts a server.
    ///
    /// - Parameter certificate: Files of a certificate and its key, for HTTPS.
    public static func start(certificate: (file: String, key: String)? = nil) async throws -> MotoServer {
        let files = certificate.map { [$0.file, $0.key] } ?? []
        let python = try FileSystem.realPathOfCommand(Repository.python)
        let process = try LivingProcess(
            python, ["-c", launcher, String(getpid())] + files, environment: ["PYTHONWARNINGS": "ignore"])
        let port = try await eventually("the port of moto's server") { () throws -> UInt16? in
            guard process.isRunning else { throw NeverHappened(description: "moto ended: \(process.errorOutput)") }
            let words = process.output.split(whereSeparator: \.isWhitespace)
            return words.count == 2 ? UInt16(words[1]) : nil
        }
        return MotoServer(port, process)
    }

    private init(_ port: UInt16, _ process: LivingProcess) {
        self.port = port
        self.process = process
    }

    /// Ends the server, by its process identifier.
    public func stop() { process.signal(SIGKILL) }

    /// Forgets everything.
    public func reset() async throws {
        let client = HTTPClient(HTTPAddress(port: port), timeout: .seconds(30))
        let answer = try await client.response(to: HTTPClient.Request("POST", "/moto-api/reset"))
        guard answer.status == 200 else { throw NeverHappened(description: "moto's reset: status \(answer.status)") }
    }

    // MARK: The pool

    private struct Pool {
        var idle: [MotoServer] = []
        var all: [MotoServer] = []
        var count = 0
        var waiting: [CheckedContinuation<MotoServer?, Never>] = []
    }

    private static let pool = Mutex(Pool())

    /// An empty server for the caller alone, who gives it back.
    public static func take() async throws -> MotoServer {
        while true {
            let server: MotoServer? = await withCheckedContinuation { continuation in
                pool.withLock { pool in
                    if let server = pool.idle.popLast() {
                        continuation.resume(returning: server)
                    } else if pool.count < maximumCount {
                        pool.count += 1
                        continuation.resume(returning: nil)
                    } else {
                        pool.waiting.append(continuation)
                    }
                }
            }
            if let server {
                try await server.reset()
                return server
            }
            do {
                let server = try await start()
                pool.withLock { pool in
                    // Once, before the first: every server ends with the program.
                    if pool.all.isEmpty { atexit { MotoServer.stopAll() } }
                    pool.all.append(server)
                }
                return server
            } catch {
                pool.withLock { $0.count -= 1 }
                throw error
            }
        }
    }

    public func giveBack() {
        MotoServer.pool.withLock { pool in
            if pool.waiting.isEmpty {
                pool.idle.append(self)
            } else {
                pool.waiting.removeFirst().resume(returning: self)
            }
        }
    }

    private static func stopAll() { for server in pool.withLock(\.all) { server.stop() } }
}

extension FileSystem {
    /// The path itself, or where `PATH` has a command of this name.
    static func realPathOfCommand(_ name: String) throws -> String {
        if name.contains("/") { return name }
        for folder in (ProcessEnvironment["PATH"] ?? "").split(separator: ":") {
            if (try? status("\(folder)/\(name)")) ?? nil != nil { return "\(folder)/\(name)" }
        }
        throw NeverHappened(description: "a command \(name) on the PATH")
    }
}

import Glibc
import JSON
import Synchronization
import TestSupport
import Testing

@testable import LambdaRuntime

extension RuntimeTests {
    /// Each runs ``LambdaRuntime/run(_:)`` as a `main.swift` does, in a process of its own.
    @Suite("A function's process")
    struct LambdaRuntimeExitTests {
        /// Serves in this process against a peer of this process; never returns.
        static func run(_ peer: RuntimePeer, _ handler: any LambdaHandler) {
            setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:\(peer.peer.port)", 1)
            LambdaRuntime.run { environment in
                precondition(environment.servesRuntimeAPI)
                return handler
            }
        }

        @Test("SIGTERM ends a waiting process with status 0")
        func idleTermination() async {
            await #expect(processExitsWith: .exitCode(0)) {
                let peer = try RuntimePeer(next: [[.hang]])
                Task.detached {
                    peer.peer.waitForRequests(1)
                    kill(getpid(), SIGTERM)
                }
                Self.run(peer, ClosureHandler { event, _ in event })
            }
        }

        @Test("SIGTERM ends a working process with status 0 when its answer has been taken")
        func workingTermination() async {
            await #expect(processExitsWith: .exitCode(0)) {
                let peer = try RuntimePeer(next: [RuntimePeer.invocation("1"), [.respond(500)]])
                Self.served.withLock { $0 = peer }
                atexit {
                    let calls = LambdaRuntimeExitTests.served.withLock { $0?.calls }
                    if calls != ["GET /invocation/next", "POST /invocation/id-1/response"] { _exit(9) }
                }
                Self.run(
                    peer,
                    ClosureHandler { event, _ in
                        kill(getpid(), SIGTERM)
                        // Another thread takes the signal, in its time: those of the pool block it.
                        while !Termination.ofProcess.isRequested { await Task.yield() }
                        return event
                    })
            }
        }
        /// The peer of the process, for a look at its end.
        static let served = Mutex<RuntimePeer?>(nil)

        @Test("A service that can't be talked to ends the process with status 1")
        func serviceGone() async {
            await #expect(processExitsWith: .exitCode(1)) {
                let peer = try RuntimePeer(next: [RuntimePeer.invocation("1")])
                Self.run(peer, ClosureHandler { event, _ in event })
            }
        }

        @Test("An address that is none ends the process with status 1")
        func badAddress() async {
            await #expect(processExitsWith: .exitCode(1)) {
                setenv("AWS_LAMBDA_RUNTIME_API", "not an address", 1)
                LambdaRuntime.run { _ in ClosureHandler { event, _ in event } }
            }
        }

        @Test("A failed start ends the process with status 1")
        func failedStart() async {
            await #expect(processExitsWith: .exitCode(1)) {
                let peer = try RuntimePeer(next: [])
                setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:\(peer.peer.port)", 1)
                LambdaRuntime.run { _ in throw HandlerError(errorType: "ConfigurationInvalid", errorMessage: "x") }
            }
        }
    }
}

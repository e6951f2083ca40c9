import Glibc

/// Why a server could not start or listen.
package struct HTTPServerError: Error, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        case portInUse, portForbidden, listenFailed, startFailed, stopped
    }

    package let code: Code
    /// The port that was asked for; 0 for any.
    package let port: UInt16
    /// What was found and what to do about it.
    package let detail: String

    package var description: String { detail }

    static func listening(port: UInt16, errno number: Int32, name: String) -> HTTPServerError {
        switch number {
        case EADDRINUSE:
            HTTPServerError(
                code: .portInUse, port: port,
                detail: "could not listen on 127.0.0.1:\(port): another program has this port; stop it "
                    + "(ss -ltnp 'sport = :\(port)' shows it), or choose another port, 0 for any free one")
        case EACCES, EPERM:
            HTTPServerError(
                code: .portForbidden, port: port,
                detail: "could not listen on 127.0.0.1:\(port): ports below 1024 are reserved to the system; choose "
                    + "a higher one, or 0 for any free one")
        default:
            HTTPServerError(
                code: .listenFailed, port: port, detail: "could not listen on 127.0.0.1:\(port): \(name)")
        }
    }
}

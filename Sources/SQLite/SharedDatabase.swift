import Synchronization

/// A connection that several threads may use, one after the other.
package final class SharedDatabase: Sendable {
    private let database: Mutex<Database>

    /// Takes over a connection that nobody else holds.
    package init(_ database: sending Database) { self.database = Mutex(database) }

    /// Calls `body` with the connection; other threads wait meanwhile.
    ///
    /// The connection and its statements must not leave `body`.
    package func withLock<Result>(_ body: (inout sending Database) throws -> sending Result) rethrows -> sending Result
    {
        try database.withLock(body)
    }
}

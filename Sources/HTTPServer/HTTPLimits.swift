/// How much a server takes from its clients.
package struct HTTPLimits: Sendable {
    /// Bytes of a request's body; more is answered with 413 and not kept.
    package var maximumBodyByteCount: Int
    /// Bytes that one connection's memory has, of which target and headers take what they need; more is answered
    /// with 414 or 431.
    package var maximumHeaderByteCount: Int
    /// Connections at a time; the next one is answered with 503 and closed.
    package var maximumConnections: Int
    /// After which a connection without any traffic is closed; nil for never. A request being handled counts as
    /// traffic, however long it takes. Whole seconds, rounded up.
    package var idleTimeout: Duration?
    /// How long a request may take to arrive, beyond the idle time in which it may begin; no bound where
    /// `idleTimeout` is nil.
    package var receiveTimeout: Duration
    /// How long handlers have to end once a shutdown cancelled them; who waits for a slower one is answered with 503.
    package var cancellationGrace: Duration

    package init(
        maximumBodyByteCount: Int = 8 << 20, maximumHeaderByteCount: Int = 64 << 10, maximumConnections: Int = 512,
        idleTimeout: Duration? = .seconds(60), receiveTimeout: Duration = .seconds(30),
        cancellationGrace: Duration = .seconds(2)
    ) {
        self.maximumBodyByteCount = maximumBodyByteCount
        self.maximumHeaderByteCount = maximumHeaderByteCount
        self.maximumConnections = maximumConnections
        self.idleTimeout = idleTimeout
        self.receiveTimeout = receiveTimeout
        self.cancellationGrace = cancellationGrace
    }

    /// Bytes beyond the body's limit that are read and dropped, so that a client that sends before it reads gets the
    /// 413; after them the connection is closed.
    static let maximumDroppedByteCount = 128 << 20
}

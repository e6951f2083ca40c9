/// Which requests come from this machine's own programs rather than from a page that a browser was led to.
///
/// Binding to 127.0.0.1 keeps other machines out; a web page in a browser on this one can still send requests (seen by
/// a foreign `Origin`), or have its own host name resolve to 127.0.0.1 (seen by a foreign `Host`).
enum LoopbackPolicy {
    /// The answer to a request that is turned away, or nil.
    static func refusal(host: String?, origin: String?, port: UInt16) -> HTTPResponse? {
        guard let host else {
            return .text(403, "this server answers only requests with the header Host: 127.0.0.1:\(port)")
        }
        guard let (name, _) = split(host), isLoopback(name) else {
            return .text(403, "this server answers only to the hosts 127.0.0.1 and localhost, not to \(host)")
        }
        guard let origin else { return nil }
        guard let schemeEnd = origin.firstRange(of: "://"),
            ["http", "https"].contains(origin[..<schemeEnd.lowerBound]),
            let (originName, originPort) = split(String(origin[schemeEnd.upperBound...])), isLoopback(originName),
            originPort == port
        else { return .text(403, "this server answers no request made by a page of another origin (\(origin))") }
        return nil
    }

    private static func isLoopback(_ name: Substring) -> Bool {
        name == "127.0.0.1" || name.lowercased() == "localhost"
    }

    /// The name and port of an authority; nil when the port is no number.
    private static func split(_ authority: String) -> (Substring, UInt16?)? {
        guard let colon = authority.lastIndex(of: ":") else { return (authority[...], nil) }
        guard let port = UInt16(authority[authority.index(after: colon)...]) else { return nil }
        return (authority[..<colon], port)
    }
}

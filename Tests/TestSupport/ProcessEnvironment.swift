import Glibc

/// The environment that the tests were started with.
public enum ProcessEnvironment {
    public static subscript(name: String) -> String? { getenv(name).map { String(cString: $0) } }

    public static var all: [String: String] {
        var result: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            next += 1
        }
        return result
    }
}

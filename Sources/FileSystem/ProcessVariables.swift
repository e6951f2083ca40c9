import Glibc

/// The variables of this process's environment.
public enum ProcessVariables {
    /// All of them, as they are now; of one that is there twice, the last. What is not UTF-8 has its bad bytes replaced.
    public static func all() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let spelled = unsafe String(cString: text)
            if let equals = spelled.firstIndex(of: "=") {
                variables[String(spelled[..<equals])] = String(spelled[spelled.index(after: equals)...])
            }
            unsafe entry += 1
        }
        return variables
    }
}

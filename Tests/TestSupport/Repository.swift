import FileSystem

/// Where tests find the project's own files and those beside it.
public enum Repository {
    /// The folder that holds `Package.swift`.
    public static let root: String = {
        var path = #filePath
        for _ in 0..<3 { path = FileSystem.parent(of: path) ?? "/" }
        return path
    }()

    /// The material beside the checkout (recorded cases, sample events), or nil where it is not there.
    ///
    /// A test that needs it says so by ``sharedIsMissing(_:)`` and does nothing more.
    public static func shared(_ path: String) -> String? {
        let full = "\(root)/../shared/\(path)"
        return (try? FileSystem.status(full)) != nil ? full : nil
    }

    /// Prints that a test's material is not beside the checkout.
    public static func sharedIsMissing(_ path: String) {
        print("NOT RUN: ../shared/\(path) is not beside this checkout")
    }

    /// The Python interpreter that has the peers (pyarrow, DuckDB, boto3, ...): TURNTABLE_PYTHON, else the one that
    /// `make setup` made, else the system's.
    public static var python: String {
        if let path = ProcessEnvironment["TURNTABLE_PYTHON"] { return path }
        let own = "\(root)/.build/python/bin/python3"
        return (try? FileSystem.status(own)) != nil ? own : "python3"
    }

    /// The folder with the built executables: the one that this test program was built into.
    public static let products: String = {
        let executable = (try? FileSystem.realPath("/proc/self/exe")) ?? root
        // The test program stands in the products' folder itself, or is loaded by a helper of the toolchain.
        if let folder = FileSystem.parent(of: executable), (try? FileSystem.status("\(folder)/turntable")) != nil {
            return folder
        }
        return "\(root)/.build/debug"
    }()
}

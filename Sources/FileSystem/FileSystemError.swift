import CLinux
import Glibc

/// A system call on a file that failed.
public struct FileSystemError: Error, Hashable, Sendable {
    /// The system's error number, such as `ENOSPC`.
    public let code: Int32
    /// What was being done, in a word: `open`, `write`, `rename`.
    public let operation: String
    public let path: String

    public init(code: Int32, operation: String, path: String) {
        self.code = code
        self.operation = operation
        self.path = path
    }

    /// The error of the call that has just failed.
    static func last(_ operation: String, _ path: String) -> FileSystemError {
        FileSystemError(code: errno, operation: operation, path: path)
    }

    public var isNotFound: Bool { code == ENOENT || code == ENOTDIR }
    public var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }
    public var isReadOnly: Bool { code == EROFS || code == EACCES || code == EPERM }
}

extension FileSystemError: CustomStringConvertible {
    public var description: String { "\(SystemErrorName.spelled(code)) on \(operation) \(path)" }
}

/// The names of error numbers, since a bare number tells nobody anything.
public enum SystemErrorName {
    /// The number's symbol and meaning, such as `ENOSPC (No space left on device)`.
    public static func spelled(_ code: Int32) -> String {
        let name = unsafe strerrorname_np(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        let text = unsafe strerrordesc_np(code).map { unsafe String(cString: $0) } ?? "unknown"
        return "\(name) (\(text))"
    }
}

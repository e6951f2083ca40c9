import Glibc

/// The shared libraries that executables load when they are first needed.
enum LibraryChecks {
    /// A library's file name, what needs it, and Debian's package.
    static let wanted = [("libmicrohttpd.so.12", "the router's port", "libmicrohttpd12")]

    static func all() -> [Diagnosis] {
        wanted.map { name, use, package in
            guard let handle = unsafe dlopen(name, RTLD_LAZY) else {
                return .failure(
                    "libraries", "\(name) is not there: \(use) needs it", advice: "run 'apt-get install \(package)'")
            }
            unsafe dlclose(handle)
            return .pass("libraries", "\(name) is there")
        }
    }
}

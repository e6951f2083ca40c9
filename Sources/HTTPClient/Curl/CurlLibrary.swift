import CCurl

/// libcurl, loaded at the first use in the process; its own memory and threads stay with it.
@safe struct CurlLibrary: @unchecked Sendable {
    // SAFETY, of @unchecked Sendable: written once before anyone has it, then only read.
    private let functions: UnsafePointer<turntable_curl>

    /// The library, or what is missing on this machine.
    static let shared: Result<CurlLibrary, CurlMissing> = {
        let functions = UnsafeMutablePointer<turntable_curl>.allocate(capacity: 1)
        unsafe functions.initialize(to: turntable_curl())
        // SAFETY: the table is whole after a nil, lives as long as the process and is not written again.
        if let missing = unsafe turntable_curl_open(functions) {
            return .failure(CurlMissing(name: unsafe String(cString: missing)))
        }
        guard unsafe turntable_curl_global_init(functions) == 0 else {
            return .failure(CurlMissing(name: "curl_global_init"))
        }
        return .success(unsafe CurlLibrary(functions: UnsafePointer(functions)))
    }()

    private init(functions: UnsafePointer<turntable_curl>) { unsafe self.functions = functions }

    var table: UnsafePointer<turntable_curl> { unsafe functions }

    /// The library's words for one of its codes.
    func text(_ code: Int32) -> String {
        unsafe turntable_curl_strerror(functions, code).map { unsafe String(cString: $0) } ?? "unknown"
    }
}

/// The library, or a function of it, isn't on this machine.
struct CurlMissing: Error {
    let name: String
}

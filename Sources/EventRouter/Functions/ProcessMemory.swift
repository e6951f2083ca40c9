import Glibc

/// The resident memory of a process and those it has started, from /proc.
enum ProcessMemory {
    /// Bytes that the process itself occupies; 0 when it is gone.
    static func residentByteCount(of process: pid_t) -> Int {
        let fields = read("/proc/\(process)/statm", limit: 256).split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Whether a started process still has the memory of the one that started it: the kernel lets that one go on a
    /// moment before the new program's memory is in place.
    static func isStillStarting(_ process: pid_t) -> Bool {
        guard let own = image("/proc/self/exe") else { return false }
        return image("/proc/\(process)/exe") == own
    }

    private static func image(_ path: String) -> String? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            count = unsafe buffer.withMemoryRebound(to: CChar.self) { buffer in
                max(0, unsafe readlink(path, buffer.baseAddress!, buffer.count))
            }
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// The most bytes that the process itself has occupied so far.
    static func peakByteCount(of process: pid_t) -> Int {
        let text = read("/proc/\(process)/status", limit: 8_192)
        guard let line = text.firstRange(of: Array("VmHWM:".utf8)) else { return 0 }
        let digits = text[line.upperBound...].drop { !isDigit($0) }.prefix(while: isDigit)
        return (Int(String(decoding: digits, as: UTF8.self)) ?? 0) * 1_024
    }

    /// Bytes that the children, grandchildren and so on of the process occupy.
    ///
    /// - Complexity: One directory and a file for each thread; at most ``familyLimit`` processes are looked at.
    static func residentByteCountOfFamily(of process: pid_t) -> Int {
        var queue = [process]
        var total = 0
        var index = 0
        while index < queue.count, index < familyLimit {
            queue += children(of: queue[index])
            if index > 0 { total += residentByteCount(of: queue[index]) }
            index += 1
        }
        return total
    }

    static let familyLimit = 256

    private static func children(of process: pid_t) -> [pid_t] {
        guard let directory = unsafe opendir("/proc/\(process)/task") else { return [] }
        defer { unsafe closedir(directory) }
        var result: [pid_t] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &(unsafe entry.pointee.d_name)) { pointer in
                // SAFETY: the kernel ends the name with NUL, inside the field.
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            guard let thread = Int(name) else { continue }
            let text = String(decoding: read("/proc/\(process)/task/\(thread)/children", limit: 4_096), as: UTF8.self)
            result += text.split(separator: " ").compactMap { pid_t($0) }
        }
        return result
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// The start of a small file of the kernel's; empty when it is not there.
    private static func read(_ path: String, limit: Int) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        return unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, unsafe Glibc.read(descriptor, buffer.baseAddress, limit))
        }
    }
}

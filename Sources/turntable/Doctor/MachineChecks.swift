import CLinux
import FileSystem
import Glibc

/// What the machine gives: disk, memory, descriptors, inotify.
enum MachineChecks {
    /// Free bytes under which a month of demo data and its history may not fit.
    static let wantedFreeBytes = 1 << 30
    /// The sum of the sample template's function memory, once each.
    static let wantedMemoryBytes = 1 << 30
    /// Descriptors for some hundred function processes (three each), sockets and stores.
    static let wantedDescriptors = 1_024
    /// One watch a folder below the buckets.
    static let wantedWatches = 8_192

    static func all(dataFolder: String) -> [Diagnosis] {
        [disk(dataFolder), memory(), descriptors(), inotify()]
    }

    static func disk(_ dataFolder: String) -> Diagnosis {
        var folder = dataFolder
        while (try? FileSystem.status(folder)) == nil { folder = FileSystem.parent(of: folder) ?? "." }
        do {
            let free = try FileSystem.freeByteCount(folder)
            let detail = "\(ByteCount(free)) free under \(folder)"
            if free < wantedFreeBytes / 16 {
                return .failure("disk", detail, advice: "free some space or choose another folder with --data")
            }
            if free < wantedFreeBytes {
                return .warning(
                    "disk", detail, advice: "keep at least \(ByteCount(wantedFreeBytes)) free for data and history")
            }
            return .pass("disk", detail)
        } catch {
            return .failure("disk", "\(error)", advice: "check that \(folder) can be read")
        }
    }

    static func memory() -> Diagnosis {
        guard let available = meminfo("MemAvailable") else {
            return .warning("memory", "/proc/meminfo has no MemAvailable", advice: "check by hand that 1 GB is free")
        }
        let detail = "\(ByteCount(available)) available"
        guard available < wantedMemoryBytes else { return .pass("memory", detail) }
        return .warning(
            "memory", detail, advice: "functions are killed at the template's MemorySize; close what uses memory")
    }

    private static func meminfo(_ name: String) -> Int? {
        guard let bytes = try? FileSystem.readFile("/proc/meminfo", maximumByteCount: 1 << 16) else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("\(name):") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1_024 }
        }
        return nil
    }

    static func descriptors() -> Diagnosis {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return .warning("descriptors", SystemErrorName.spelled(errno), advice: "check 'ulimit -n' by hand")
        }
        let soft = limit.rlim_cur > UInt(Int.max) ? Int.max : Int(limit.rlim_cur)
        guard soft < wantedDescriptors else { return .pass("descriptors", "\(soft) per process") }
        return .warning(
            "descriptors", "\(soft) per process",
            advice: "run 'ulimit -n \(wantedDescriptors * 4)' before 'turntable serve'")
    }

    static func inotify() -> Diagnosis {
        func limit(_ name: String) -> Int? {
            let bytes = try? FileSystem.readFile("/proc/sys/fs/inotify/\(name)", maximumByteCount: 64)
            return bytes.flatMap { Int(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
        }
        guard let watches = limit("max_user_watches"), let instances = limit("max_user_instances") else {
            return .warning(
                "inotify", "/proc/sys/fs/inotify can't be read",
                advice: "use 'turntable serve --arrivals poll' if no file arrives")
        }
        let detail = "\(watches) watches, \(instances) instances per user"
        guard watches < wantedWatches else { return .pass("inotify", detail) }
        return .warning(
            "inotify", detail, advice: "run 'sysctl fs.inotify.max_user_watches=\(wantedWatches * 8)' as root")
    }
}

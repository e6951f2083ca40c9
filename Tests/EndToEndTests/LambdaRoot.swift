import FileSystem
import Glibc
import Packaging
import TestSupport

/// A file system as a function finds it on Lambda: an empty root that can't be written, with the libraries of
/// provided.al2023 and nothing else; the unpacked zip in /var/task, for reading only; a /tmp that can be written.
///
/// The libraries are this machine's, so a glibc newer than the target's goes unnoticed here: that is for the package's report.
struct LambdaRoot {
    /// The user that Lambda runs functions as has no rights of its own; its number is of no meaning.
    private static let user = "993:990"
    /// Lambda's own value: the system's folders come before the function's.
    static let libraryPath =
        "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"

    let folder: String
    /// What the function sees as /tmp.
    var temporaryFolder: String { "\(folder)/tmp" }
    private var root: String { "\(folder)/root" }
    private var task: String { "\(folder)/task" }

    /// - Parameter hasLibraries: False for a system whose libraries are useless: each is there, and empty.
    init(_ zip: String, folder: String, hasLibraries: Bool = true) throws {
        self.folder = folder
        let entries = try ZipReader.entries(FileSystem.readFile(zip), name: zip)
        for entry in entries {
            let path = "\(folder)/task/\(entry.name)"
            try FileSystem.createDirectories(FileSystem.parent(of: path) ?? "/")
            try FileSystem.writeFileAtomically(path, entry.bytes, permissions: entry.mode)
        }
        let program = try ELFFile(FileSystem.readFile("\(folder)/task/bootstrap"), name: "bootstrap")
        let target = LambdaTarget.providedAL2023(program.machine)
        for place in ["lib64", "lib", "proc", "dev", "tmp", "etc", "var/task"] {
            try FileSystem.createDirectories("\(folder)/root/\(place)")
        }
        for device in ["null", "urandom"] { try FileSystem.writeFileAtomically("\(folder)/root/dev/\(device)", []) }
        try FileSystem.createDirectories("\(folder)/tmp")
        for library in target.libraries.keys {
            let sources = LibraryBundle.systemFolders(program.machine).map { "\($0)/\(library)" }
            guard let source = try sources.first(where: { try FileSystem.status($0) != nil }) else { continue }
            let bytes = hasLibraries ? try FileSystem.readFile(source) : []
            let isLoader = FileSystem.name(of: target.loader) == library
            let path = isLoader ? target.loader : "/lib64/\(library)"
            try FileSystem.writeFileAtomically("\(folder)/root\(path)", bytes, permissions: 0o755)
        }
    }

    /// Starts the function's `bootstrap` in it.
    func start(function: String, runtimeAPI: String, variables: [String: String] = [:]) throws -> LivingProcess {
        let script = """
            set -eu
            root=$1 folder=$2 user=$3
            shift 3
            mount --make-rprivate /
            mount --bind "$root" "$root"
            mount --bind "$folder/task" "$root/var/task"
            mount -o remount,ro,bind "$root/var/task"
            chown -R "$user" "$folder/tmp"
            mount --bind "$folder/tmp" "$root/tmp"
            mount -t proc proc "$root/proc"
            for device in null urandom; do mount --bind "/dev/$device" "$root/dev/$device"; done
            mount -o remount,ro,bind "$root"
            exec env -i "$@" "$(command -v chroot)" --userspec="$user" "$root" /var/task/bootstrap
            """
        let environment = [
            "AWS_LAMBDA_RUNTIME_API": runtimeAPI, "_HANDLER": "bootstrap", "LAMBDA_TASK_ROOT": "/var/task",
            "AWS_LAMBDA_FUNCTION_NAME": function, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_REGION": "us-east-1", "TZ": ":UTC",
            "LD_LIBRARY_PATH": Self.libraryPath, "PATH": "/usr/local/bin:/usr/bin:/bin",
        ].merging(variables) { $1 }
        return try LivingProcess(
            "/usr/bin/unshare",
            ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", root, folder, Self.user]
                + environment.map { "\($0)=\($1)" })
    }

    /// What the function's process is held by, as the kernel tells: its user, and each mount it sees with how it may be used.
    static func confinement(of process: LivingProcess) throws -> (user: String, mounts: [String: String]) {
        func text(_ path: String) throws -> String { String(decoding: try FileSystem.readFile(path), as: UTF8.self) }
        let parent = process.identifier
        let child = try text("/proc/\(parent)/task/\(parent)/children").filter(\.isNumber)
        let user = try text("/proc/\(child)/status").split(separator: "\n").first { $0.hasPrefix("Uid:") }
        var mounts: [String: String] = [:]
        for line in try text("/proc/\(child)/mounts").split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            if fields.count > 3 { mounts[fields[1]] = String(fields[3].prefix(2)) }
        }
        return (user.map { String($0.split(separator: "\t")[1]) } ?? "", mounts)
    }

    /// Whether this user may make the namespaces it takes; if not, a line says so.
    static func isPossible() async throws -> Bool {
        guard try FileSystem.status("/usr/bin/unshare") != nil else {
            print("NOT RUN: there is no /usr/bin/unshare, so no package was started as on Lambda")
            return false
        }
        let probe = try await runProcess(
            "/usr/bin/unshare",
            ["--mount", "--pid", "--fork", "sh", "-c", "mount --make-rprivate / && mount --bind /tmp /tmp"])
        if probe.status == 0 { return true }
        print("NOT RUN: this user may not make mount namespaces, so no package was started: \(probe.errorOutput)")
        return false
    }
}

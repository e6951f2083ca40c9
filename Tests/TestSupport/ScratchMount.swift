import FileSystem

/// A small file system of one's own, where this user may mount one.
public struct ScratchMount {
    public let path: String

    /// A tmpfs of `size` (as mount spells it) at `path`, or nil, with a line that says so, where mounting isn't allowed.
    public static func tmpfs(at path: String, size: String) async throws -> ScratchMount? {
        try FileSystem.createDirectories(path)
        return try await mount(path, ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path])
    }

    /// The folder `path` once more at its own place, for reading only.
    public static func readOnly(_ path: String) async throws -> ScratchMount? {
        guard let mounted = try await mount(path, ["--bind", path, path]) else { return nil }
        let remount = try await runProcess("mount", ["-o", "remount,ro,bind", path])
        if remount.status == 0 { return mounted }
        await mounted.unmount()
        print("NOT RUN: \(path) can't be mounted read-only: \(remount.errorOutput)")
        return nil
    }

    private static func mount(_ path: String, _ arguments: [String]) async throws -> ScratchMount? {
        let process = try await runProcess("mount", arguments)
        if process.status == 0 { return ScratchMount(path: path) }
        print("NOT RUN: this user may not mount at \(path): \(process.errorOutput)")
        return nil
    }

    public func unmount() async { _ = try? await runProcess("umount", ["-l", path]) }
}

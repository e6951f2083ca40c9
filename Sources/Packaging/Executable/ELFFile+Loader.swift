extension ELFFile {
    /// Returns the executable with another loader, which finds libraries in the executable's run path before it looks
    /// anywhere else.
    ///
    /// For a package that brings its own loader and libraries: `LD_LIBRARY_PATH`, which Lambda begins with the system's
    /// folders, comes before a run path (`DT_RUNPATH`) but after its older form (`DT_RPATH`), so the one is made the other
    /// in place. The loader's new path is too long for the old one's place: it goes to the end of the file, where the
    /// kernel, which reads it by its place in the file and not in memory, finds it.
    ///
    /// - Throws: ``PackagingError`` with code `.unsupported` for a static executable, or one without a run path.
    package static func withLoader(
        _ loader: String, _ bytes: [UInt8], name: String
    ) throws(PackagingError) -> [UInt8] {
        let layout = try ELFLayout(bytes, name: name)
        guard let segment = layout.segments.first(where: { $0.type == ELFLayout.interpreterSegment }) else {
            throw PackagingError(
                .unsupported, name, "it is no executable that is linked dynamically: nothing to bundle")
        }
        let dynamic = try ELFDynamicSection(layout)
        var patched = bytes
        if try dynamic.texts(.earlyRunPath).isEmpty {
            guard let entry = dynamic.entries.first(where: { $0.tag == ELFDynamicSection.Tag.runPath.rawValue }) else {
                throw PackagingError(
                    .unsupported, name,
                    "it has no run path to find bundled libraries by: link it with '-rpath=$ORIGIN/lib'")
            }
            patched.put(ELFDynamicSection.Tag.earlyRunPath.rawValue, at: entry.offset)
        }
        patched.put(UInt64(bytes.count), at: segment.header + 8)
        let path = Array(loader.utf8) + [0]
        patched.put(UInt64(path.count), at: segment.header + 32)
        patched.put(UInt64(path.count), at: segment.header + 40)
        return patched + path
    }
}

extension [UInt8] {
    /// Overwrites eight bytes, which the caller has read before.
    fileprivate mutating func put(_ value: UInt64, at offset: Int) {
        for index in 0..<8 { self[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    }
}

/// A number of bytes as people read it: `4.2 GB`, in powers of 1,000.
struct ByteCount: CustomStringConvertible {
    let value: Int

    init(_ value: Int) { self.value = value }

    var description: String {
        var scaled = Double(value)
        for unit in ["bytes", "KB", "MB", "GB", "TB"] {
            if scaled < 1_000 || unit == "TB" {
                return unit == "bytes" ? "\(value) bytes" : "\(Int(scaled * 10) / 10).\(Int(scaled * 10) % 10) \(unit)"
            }
            scaled /= 1_000
        }
        return "\(value) bytes"
    }
}

import CLinux
import Glibc

/// The clock that the kernel stamps files with, as coarse as the stamps.
///
/// It is no clock to date events by: only its distance from files' stamps means anything.
public enum FileClock {
    /// Nanoseconds since 1970.
    public static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

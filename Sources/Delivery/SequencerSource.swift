package import Clocks

/// Makes sequencers: hexadecimal numbers that tell which of two events of one key is the later.
///
/// One series serves all keys, which makes it grow for each of them without a word of state per key. The series begins
/// anew at the time of day, so that it also grows over restarts; where the clock may have been set back meanwhile, keep
/// ``last`` and give it to the next source.
package struct SequencerSource: Sendable, Hashable {
    /// The last number given away.
    package private(set) var last: UInt64

    package init(last: UInt64 = 0) { self.last = last }

    /// A sequencer greater than all before it: 18 digits as S3 has them today.
    package mutating func next(at time: Timestamp) -> String {
        // Four bits of room below a microsecond; times before 1970 count as its beginning.
        let base = UInt64(clamping: time.microsecondsSinceEpoch) << 4
        last = max(last + 1, base)
        let digits = String(last, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 18 - digits.count)) + digits
    }
}

/// The order of sequencers.
package enum Sequencer {
    /// Whether `left` is that of an earlier event than `right`; the two must be of one key.
    ///
    /// The shorter is padded with zeros on the right, then they are compared as texts ("Event message structure");
    /// letters count the same in either case.
    package static func isOrdered(_ left: String, before right: String) -> Bool {
        let count = max(left.utf8.count, right.utf8.count)
        return padded(left, to: count).lexicographicallyPrecedes(padded(right, to: count))
    }

    private static func padded(_ text: String, to count: Int) -> [UInt8] {
        let digits = Array(text.uppercased().utf8)
        return digits + [UInt8](repeating: UInt8(ascii: "0"), count: max(0, count - digits.count))
    }
}

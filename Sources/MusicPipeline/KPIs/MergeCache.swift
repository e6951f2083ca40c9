import MusicKPIs

/// Merges that a warm process keeps, so that another file of a day costs its own partial and not all of the day's.
///
/// Partials are written once and never changed: a merge of some of them stays right as long as those are still there.
actor MergeCache {
    /// A day's merge and the partials in it: their keys and ETags.
    struct Entry: Sendable {
        var objects: [String: String] = [:]
        var merge: DayMerge
    }

    /// Bytes of all merges that are kept; beyond them the one that was not used for longest goes.
    private static let byteLimit = 48 << 20

    /// The latest used last.
    private var entries: [(date: String, entry: Entry)] = []

    /// Takes out the merge of a day if all its partials are among `objects`.
    func take(_ date: String, among objects: [String: String]) -> Entry? {
        guard let index = entries.firstIndex(where: { $0.date == date }) else { return nil }
        let entry = entries.remove(at: index).entry
        return entry.objects.allSatisfy { objects[$0.key] == $0.value } ? entry : nil
    }

    func keep(_ entry: Entry, of date: String) {
        entries.removeAll { $0.date == date }
        entries.append((date, entry))
        var byteCount = entries.reduce(0) { $0 + $1.entry.merge.byteCount }
        while byteCount > MergeCache.byteLimit, !entries.isEmpty {
            byteCount -= entries.removeFirst().entry.merge.byteCount
        }
    }
}

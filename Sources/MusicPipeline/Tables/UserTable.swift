package import Parquet

/// What the users reference says: age and country of each user. Users are numbered by their ids, ascending; of a user's
/// rows the first counts.
package struct UserTable: Sendable {
    static let columns = ["user_id", "user_age", "user_country"]
    /// Places for ids per user up to which a place for each id is spent.
    private static let maximumSparseness = 4

    package let ids: [Int64]
    /// By user, into ``ageValues`` or `UInt32.max`.
    package let ages: [UInt32]
    package let ageValues: [Int32]
    /// By user, into ``countryValues``.
    package let countries: [UInt32]
    package let countryValues: UTF8Values
    /// The number of each id from the first to the last, or `UInt32.max`; empty when ids are far apart.
    private let numbers: [UInt32]

    package var count: Int { ids.count }

    /// The first id when the ids are all the numbers from it on: then a user's number is a distance.
    var firstOfUnbrokenRange: Int64? {
        guard let first = ids.first, numbers.count == ids.count else { return nil }
        return first
    }

    /// The number of a user, or `UInt32.max`.
    @inline(__always)
    package func number(of id: Int64) -> UInt32 {
        guard let first = ids.first else { return .max }
        if !numbers.isEmpty {
            let place = UInt64(bitPattern: id &- first)
            return id >= first && place < UInt64(numbers.count) ? numbers[Int(place)] : .max
        }
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id ? UInt32(low) : .max
    }

    init(
        ids: [Int64], ages: [UInt32], ageValues: [Int32], countries: [UInt32], countryValues: UTF8Values
    ) {
        self.ids = ids
        self.ages = ages
        self.ageValues = ageValues
        self.countries = countries
        self.countryValues = countryValues
        guard let first = ids.first, let last = ids.last else {
            numbers = []
            return
        }
        let (range, overflows) = last.subtractingReportingOverflow(first)
        guard !overflows, range / Int64(UserTable.maximumSparseness) <= Int64(ids.count) else {
            numbers = []
            return
        }
        var numbers = [UInt32](repeating: .max, count: Int(range) + 1)
        for (number, id) in ids.enumerated() { numbers[Int(id - first)] = UInt32(number) }
        self.numbers = numbers
    }
}

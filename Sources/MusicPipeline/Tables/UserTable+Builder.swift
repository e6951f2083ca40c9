package import CSV

extension UserTable {
    /// Collects the rows of users files.
    package struct Builder {
        private var all = UserRows()

        package init() {}

        package mutating func add(_ batch: CSVBatch) { all.add(batch) }

        mutating func add(_ piece: UserRows) { all.add(piece) }

        package func table() -> UserTable {
            let order = all.countries.sortedOrder()
            let countryNumbers = TextNumbering.inverse(order)
            let ageNumbers = AgeNumbers(all.rows)
            let isOrdered = zip(all.rows, all.rows.dropFirst()).allSatisfy { $0.id < $1.id }
            // The sort is stable: of a user's rows the first stays before the others.
            let ordered = isOrdered ? all.rows : all.rows.sorted { $0.id < $1.id }
            var ids: [Int64] = []
            var ages: [UInt32] = []
            var countries: [UInt32] = []
            ids.reserveCapacity(ordered.count)
            ages.reserveCapacity(ordered.count)
            countries.reserveCapacity(ordered.count)
            for row in ordered where ids.last != row.id {
                ids.append(row.id)
                ages.append(row.age.map { ageNumbers[$0] } ?? .max)
                countries.append(countryNumbers[Int(row.country)])
            }
            return UserTable(
                ids: ids, ages: ages, ageValues: ageNumbers.values, countries: countries,
                countryValues: all.countries.table(order).keys)
        }
    }
}

/// The rows of a users file or of a piece of one, in its order.
struct UserRows: Sendable {
    struct Row: Sendable {
        let id: Int64
        let age: Int32?
        /// In `countries`.
        let country: UInt32
    }

    let countries = TextNumbering()
    private(set) var rows: [Row] = []

    init() {}

    init(_ fieldRows: FieldRows) {
        rows.reserveCapacity(fieldRows.rowCount)
        fieldRows.forEach { range in
            fieldRows.withFields { fields in
                for row in range {
                    let country = unsafe fields[row, 2]
                    let number = unsafe countries.insert(country, KeyTable.hash(country)).number
                    add(fields.int64(row, 0), fields.int64(row, 1), number)
                }
            }
        } read: {
            add($0)
        }
    }

    mutating func add(_ batch: CSVBatch) {
        for row in 0..<batch.rowCount {
            let country = unsafe batch.columns[2].withField(row) {
                unsafe countries.insert($0, KeyTable.hash($0)).number
            }
            add(batch.columns[0].int64(row), batch.columns[1].int64(row), country)
        }
    }

    private mutating func add(_ id: Int64?, _ age: Int64?, _ country: UInt32) {
        // A row without a usable id describes no user that a stream could name.
        guard let id else { return }
        rows.append(Row(id: id, age: age.flatMap { Int32(exactly: $0) }, country: country))
    }

    mutating func add(_ other: UserRows) {
        let numbers = (0..<other.countries.count).map { number in
            let (text, hash) = unsafe other.countries.text(number)
            return unsafe countries.insert(text, hash).number
        }
        if rows.isEmpty { rows.reserveCapacity(other.rows.count) }
        for row in other.rows { rows.append(Row(id: row.id, age: row.age, country: numbers[Int(row.country)])) }
    }
}

/// The different ages, ascending, and the number of each.
private struct AgeNumbers {
    /// Ages between the least and the greatest up to which a place for each is spent.
    private static let maximumRange = 1 << 12

    let values: [Int32]
    private let first: Int
    /// By distance from the first; empty when ages are far apart.
    private var numbers: [UInt32] = []

    init(_ rows: [UserRows.Row]) {
        var (least, greatest) = (Int32.max, Int32.min)
        for row in rows {
            guard let age = row.age else { continue }
            (least, greatest) = (min(least, age), max(greatest, age))
        }
        first = Int(least)
        guard greatest >= least, Int(greatest) - Int(least) < AgeNumbers.maximumRange else {
            values = Array(Set(rows.compactMap(\.age))).sorted()
            return
        }
        var values: [Int32] = []
        numbers = [UInt32](repeating: .max, count: Int(greatest) - Int(least) + 1)
        for row in rows { if let age = row.age { numbers[Int(age) - first] = 0 } }
        for place in numbers.indices where numbers[place] == 0 {
            numbers[place] = UInt32(values.count)
            values.append(Int32(first + place))
        }
        self.values = values
    }

    /// The number of an age that a row had.
    subscript(age: Int32) -> UInt32 {
        if !numbers.isEmpty { return numbers[Int(age) - first] }
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if values[middle] < age { low = middle + 1 } else { high = middle }
        }
        return UInt32(low)
    }
}

import CSV
import MusicKPIs
package import Parquet

/// The users reference: age and country of each user. Of a user's rows the first counts.
package struct Users: Sendable {
    static let columns = ["user_id", "user_age", "user_country"]

    private var numbers: [Int64: Int32] = [:]
    package private(set) var ages: [Int32?] = []
    /// By user number, into ``countries``.
    package private(set) var countryOfUser: [Int32] = []
    package private(set) var countries = UTF8Values()
    private var countryNumbers: [ByteText: Int32] = [:]

    init() {}

    mutating func add(_ batch: CSVBatch) {
        for row in 0..<batch.rowCount {
            // A row without a usable id describes no user that a stream could name.
            guard let id = batch.columns[0].int64(row), numbers[id] == nil else { continue }
            let name = ByteText(batch.columns[2][row])
            let country = countryNumbers[name] ?? Int32(countries.count)
            if Int(country) == countries.count {
                countryNumbers[name] = country
                countries.append(name.bytes)
            }
            numbers[id] = Int32(ages.count)
            ages.append(batch.columns[1].int64(row).flatMap { Int32(exactly: $0) })
            countryOfUser.append(country)
        }
    }

    package func number(of id: Int64) -> Int32? { numbers[id] }
}

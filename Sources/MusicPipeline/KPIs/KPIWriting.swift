package import Clocks
package import JSON
import MusicKPIs
package import Storage

/// Merges the partials of days and writes their KPI items.
///
/// Partials are only ever added, so of two merges the one with more of them is the newer; each item is written under the
/// condition that it is not from a newer one. When the condition fails somebody else has merged more meanwhile: the
/// partials are listed and merged again.
package struct KPIWriting: Sendable {
    /// Bytes of one partial at most.
    package static let maximumPartialByteCount = 1 << 30
    /// Items in one transaction (DynamoDB's limit).
    static let transactionItemLimit = 100
    /// Merges tried before the step fails, to be retried by the state machine.
    static let maximumMergeCount = 8
    /// Writes of one transaction tried while the table is throttled.
    static let maximumWriteCount = 8
    /// The longest first wait before a throttled write is tried again; it doubles with each.
    static let firstBackoff = Duration.milliseconds(20)

    private let objects: any ObjectStore
    private let table: any Table
    private let references: ReferenceLoader
    private let trialBucket: String
    private let clock: any WallClock
    private let entropy: any Entropy
    private let cache = MergeCache()

    package init(
        objects: any ObjectStore, table: any Table, references: ReferenceLoader, trialBucket: String,
        clock: any WallClock, entropy: any Entropy
    ) {
        self.objects = objects
        self.table = table
        self.references = references
        self.trialBucket = trialBucket
        self.clock = clock
        self.entropy = entropy
    }

    /// Brings the items of one day up to its partials.
    ///
    /// - Returns: `{date, partials, digest, genres, items}`.
    /// - Throws: ``PipelineError`` `.superseded` when others are quicker again and again; `.throttled`.
    package func write(date: String) async throws -> JSONValue {
        for _ in 0..<KPIWriting.maximumMergeCount {
            let merge = try await merge(date)
            let kpis: DayKPIs
            do {
                kpis = try merge.kpis()
            } catch {
                throw PipelineError(.storeFailed, "a partial of \(date) in \(trialBucket): \(error)")
            }
            let tracks = try await references.load().tracks
            let items = kpis.items { tracks.label(of: $0.bytes) }
            if try await put(items, of: kpis) {
                return [
                    "date": .string(date), "partials": .int(kpis.partialCount), "digest": .string(kpis.partialsDigest),
                    "genres": .int(kpis.genres.count), "items": .int(items.count),
                ]
            }
        }
        throw PipelineError(
            .superseded,
            "the KPIs of \(date) were merged by others \(KPIWriting.maximumMergeCount) times meanwhile; try again")
    }

    /// The merge of all partials of a day that there are now.
    private func merge(_ date: String) async throws -> DayMerge {
        var objects: [String: String] = [:]
        var after: String?
        repeat {
            let page = try await self.objects.list(
                trialBucket, prefix: PipelineNames.partialPrefix(date: date), after: after,
                limit: ObjectPage.maximumCount)
            for object in page.objects { objects[object.key] = object.eTag }
            after = page.next
        } while after != nil
        var entry = await cache.take(date, among: objects) ?? MergeCache.Entry(merge: DayMerge(date: date))
        for (key, eTag) in objects.sorted(by: { $0.key < $1.key }) where entry.objects[key] == nil {
            let bytes = try await self.objects.get(
                key, in: trialBucket, maximumByteCount: KPIWriting.maximumPartialByteCount
            ).bytes
            do {
                try entry.merge.add(bytes)
                entry.objects[key] = eTag
            } catch {
                throw PipelineError(.storeFailed, "\(trialBucket)/\(key): \(error)")
            }
        }
        do {
            try entry.merge.fold()
        } catch {
            throw PipelineError(.storeFailed, "a partial of \(date) in \(trialBucket): \(error)")
        }
        await cache.keep(entry, of: date)
        return entry.merge
    }

    /// - Returns: False when an item is from a newer merge.
    private func put(_ items: [JSONObject], of kpis: DayKPIs) async throws -> Bool {
        let partials = AttributeValue.int(kpis.partialCount)
        let condition = Condition.or([
            .attributeNotExists("pk"), .lessThan("partials", partials),
            .and([.equals("partials", partials), .equals("partials_digest", .string(kpis.partialsDigest))]),
        ])
        let writes = items.map { TableWrite.put(KPIItem.attributes($0), condition: condition) }
        for start in stride(from: 0, to: writes.count, by: KPIWriting.transactionItemLimit) {
            let part = Array(writes[start..<min(start + KPIWriting.transactionItemLimit, writes.count)])
            do {
                try await retryingThrottles { try await table.transact(part) }
            } catch let error as TableError where error.isConditionFailed {
                return false
            }
        }
        return true
    }

    /// Repeats a write while the table is throttled, with exponential backoff and full jitter.
    private func retryingThrottles(_ write: () async throws -> Void) async throws {
        var limit = KPIWriting.firstBackoff
        for attempt in 1... {
            do {
                return try await write()
            } catch let error as TableError where error.isTransient && attempt < KPIWriting.maximumWriteCount {
                try await clock.sleep(for: limit * entropy.fraction())
                limit *= 2
            }
        }
    }
}

/// KPI items between JSON and the table's attributes.
enum KPIItem {
    static func attributes(_ object: JSONObject) -> Item {
        var item: Item = [:]
        for (key, value) in object { item[key] = attribute(value) }
        return item
    }

    private static func attribute(_ value: JSONValue) -> AttributeValue {
        switch value {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let number): .number(number.spelling)
        case .string(let text): .string(text)
        case .array(let elements): .list(elements.map(attribute))
        case .object(let object): .map(attributes(object))
        }
    }

    static func json(_ value: AttributeValue?) -> JSONValue {
        switch value {
        case .string(let text)?: .string(text)
        case .number(let spelling)?: JSONNumber(spelling: spelling).map { .number($0) } ?? .null
        case .bool(let value)?: .bool(value)
        case .list(let elements)?: .array(elements.map { json($0) })
        case .map(let members)?:
            .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) }))
        default: .null
        }
    }
}

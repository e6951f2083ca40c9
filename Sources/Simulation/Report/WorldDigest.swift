import Digest
import EventRouter
import FileSystem
import JSON
import SQLite
import Storage
import Template

/// What a world came to, as one number: equal digests mean equal histories, objects, tables and logs.
struct WorldDigest {
    var text: String
    /// Executions by their status.
    var executions: [String: Int]

    static func of(_ data: DataFolder, application: Application) async throws -> WorldDigest {
        var hasher = SHA256Hasher()
        func add(_ text: String) { hasher.update(Array(text.utf8) + [0]) }
        var counts: [String: Int] = [:]
        let store = try Database(data.executions, access: .readOnly)
        try store.forEachRow("SELECT name, status, input, output FROM executions ORDER BY id") { row in
            add(row.text(0))
            add(row.text(1))
            hasher.update(row.blob(2))
            if !row.isNull(3) { hasher.update(row.blob(3)) }
            counts[row.text(1), default: 0] += 1
        }
        try store.forEachRow("SELECT execution, id, event FROM events ORDER BY execution, id") { row in
            add("\(row.integer(0)) \(row.integer(1))")
            hasher.update(row.blob(2))
        }
        for bucket in application.buckets.map(\.name).sorted() {
            for object in try await allObjects(bucket, data.objectStore()) {
                add("\(bucket)/\(object.key) \(object.eTag)")
            }
        }
        for table in application.tables.sorted(by: { $0.name < $1.name }) {
            var cursor: TableCursor?
            repeat {
                let page = try await data.stores.table(TableSchema(table)).scan(limit: 1_000, after: cursor)
                for item in page.items { add(item.typedJSON.text()) }
                cursor = page.next
            } while cursor != nil
        }
        for name in try FileSystem.list(data.logs).sorted() {
            add(name)
            hasher.update(try FileSystem.readFile("\(data.logs)/\(name)"))
        }
        return WorldDigest(text: hex(hasher.finish()), executions: counts)
    }

    static func allObjects(_ bucket: String, _ store: any ObjectStore) async throws -> [ObjectMetadata] {
        var objects: [ObjectMetadata] = []
        var after: String?
        repeat {
            let page = try await store.list(bucket, prefix: "", after: after, limit: ObjectPage.maximumCount)
            objects += page.objects
            after = page.next
        } while after != nil
        return objects
    }
}
